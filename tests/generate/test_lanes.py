"""Two lanes do everything once, each after what it reads, side by side; a failure stops both and is what is raised."""

from threading import Barrier, Event, current_thread

import pytest

from sonovista.generate.lanes import run_in_two_lanes

NAMES = ["look", "measure", "draw", "listen", "tell"]
READS = {"look": ["photo"], "measure": ["look"], "draw": ["measure"], "listen": ["look"], "tell": ["measure", "listen"]}


def beside(name: str) -> bool:
    return name in ("listen", "tell")


def test_everything_is_done_once_after_what_it_reads():
    order: list[str] = []
    run_in_two_lanes(NAMES, READS, beside, order.append)
    assert sorted(order) == sorted(NAMES)
    for name in NAMES:
        assert all(order.index(read) < order.index(name) for read in READS[name] if read in NAMES)


def test_the_lanes_run_side_by_side():
    both = Barrier(2, timeout=60)
    threads: dict[str, str] = {}

    def work(name: str) -> None:
        threads[name] = current_thread().name
        if name in ("measure", "listen"):
            both.wait()  # neither gets past it alone

    run_in_two_lanes(NAMES, READS, beside, work)
    assert {threads[name] for name in NAMES if beside(name)} == {"sonovista-beside"}
    assert "sonovista-beside" not in {threads[name] for name in NAMES if not beside(name)}


@pytest.mark.parametrize("failing", NAMES)
def test_what_failed_is_raised_and_nothing_that_reads_it_is_begun(failing: str):
    begun: list[str] = []

    def work(name: str) -> None:
        begun.append(name)
        if name == failing:
            raise OSError(f"no space for {name}")

    with pytest.raises(OSError, match=failing):
        run_in_two_lanes(NAMES, READS, beside, work)
    assert not any(failing in READS[name] for name in begun)


def test_an_interrupt_lets_the_other_lane_finish_what_it_does_and_begins_nothing_more():
    listening, finished, begun = Event(), Event(), []

    def work(name: str) -> None:
        begun.append(name)
        if name == "listen":
            listening.set()
            finished.wait(60)
        if name == "measure":
            listening.wait(60)
            finished.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_two_lanes(NAMES, READS, beside, work)
    assert sorted(begun) == ["listen", "look", "measure"]
