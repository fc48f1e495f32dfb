import numpy as np
import pytest

from sonovista.errors import InputError
from sonovista.simulate.example import Example, Viewpoints
from sonovista.simulate.storage.hm3d_ss import write_example
from sonovista.slfm.streams.procedural import ViewOptions
from sonovista.slfm.streams.sounds import Noise
from sonovista.slfm.streams.stored import StoredStream, example_folders

OPTIONS = ViewOptions(views=3, seconds=0.5, jitter=0.0, noise_snr_db=None)


def stored(seed: int) -> Example:
    rng = np.random.default_rng(seed)
    turns = np.radians([0.0, 20.0, -30.0, 40.0])
    viewpoints = Viewpoints(
        np.full((4, 3), 1.5), (1.0 + turns) % (2 * np.pi), np.radians(-22.5), rng.uniform(0, 4, (1, 3))
    )
    decay = 0.3 * np.exp(-np.arange(800) / 100.0)
    return Example(
        f"room-{seed}",
        viewpoints,
        rng.integers(0, 256, (4, 24, 32, 3)).astype(np.uint8),
        None,
        0.5 * np.ones((1, 4, 2, 8), np.float32),
        (decay * rng.standard_normal((1, 4, 2, 800))).astype(np.float32),
        np.full((1, 4, 2), 0.3),
    )


@pytest.fixture
def folder(tmp_path):
    for seed in range(3):
        write_example(tmp_path / f"room-{seed}" / "pair-0000", stored(seed))
    (tmp_path / "test.csv").write_text("path\nroom-1/pair-0000\n")
    return tmp_path


def test_stored_places_are_seen_and_heard(folder):
    stream = StoredStream(folder, Noise(), OPTIONS)
    views = stream.example(0)
    assert views.images.shape == (3, 24, 32, 3)
    assert views.binaural.shape == (3, 2, 8_000)
    assert views.rotations[0] == 0.0
    np.testing.assert_allclose(np.cos(views.azimuths[0] - views.rotations), np.cos(views.azimuths), atol=1e-6)
    np.testing.assert_array_equal(views.binaural, stream.example(0).binaural)
    seen = {stream.example(index).azimuths[0] for index in range(3)}
    assert len(seen) == 3  # each once in a pass


def test_a_table_names_the_split(folder):
    assert [path.parent.name for path in example_folders(folder / "test.csv")] == ["room-1"]
    assert len(StoredStream(folder / "test.csv", Noise(), OPTIONS)) == 1


def test_too_few_views_and_no_examples_are_refused(folder, tmp_path):
    with pytest.raises(InputError, match="expected at least 6 views, found 4"):
        StoredStream(folder, Noise(), OPTIONS.model_copy(update={"views": 6})).example(0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected folders of examples"):
        StoredStream(tmp_path / "empty", Noise())
