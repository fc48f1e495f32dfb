"""Work in two lanes: what much else waits for, and beside it, in a thread, what nothing of that waits for."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Thread


def run_in_two_lanes(
    names: Sequence[str],
    reads: Mapping[str, Sequence[str]],
    beside: Callable[[str], bool],
    work: Callable[[str], None],
) -> None:
    """Do everything that is named, in the order of names within each lane, each after all that it reads.

    One processor's worth of array work leaves a second one idle; the second lane fills it. Results do not depend on
    which lane is faster.

    Args:
        names: in an order in which each comes after what it reads.
        reads: of every name, those of the names that must be done before; others are taken as done.
        beside: which of them the second lane does.
        work: does one; called from two threads, never for one name twice.

    Raises:
        BaseException: what `work` raised first in the order of names. Nothing is begun after that, and what was going
            on in the other lane is waited for.
    """
    done: dict[str, Future[None]] = {name: Future() for name in names}

    def lane(own: Sequence[str]) -> None:
        failure: BaseException | None = None
        for name in own:
            try:
                if failure is None:
                    for read in reads[name]:
                        if read in done:
                            done[read].result()
                    if any(future.done() and future.exception() for future in done.values()):
                        raise _NotBegunError
                    work(name)
            except BaseException as error:  # an interrupt, too, has to reach the other lane
                failure = error
            if failure is None:
                done[name].set_result(None)
            else:
                done[name].set_exception(failure)

    side = Thread(target=lane, args=([name for name in names if beside(name)],), name="sonovista-beside")
    side.start()
    try:
        lane([name for name in names if not beside(name)])
    finally:
        side.join()
    for name in names:
        error = done[name].exception()
        if error is not None and not isinstance(error, _NotBegunError):
            raise error


class _NotBegunError(Exception):
    """Something failed in the other lane."""
