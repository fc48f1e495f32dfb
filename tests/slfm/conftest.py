import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Small tensors are slower on many threads, and sums on one thread come out the same every time."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
