"""Processes of this machine."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for

from sonovista.errors import InputError
from sonovista.simulate.options import SimulationOptions
from sonovista.simulate.plan import Block
from sonovista.simulate.work import BlockReport, make_block

MOST_RESTARTS = 3
"""How often workers may die, one after the other, before no block is made in between."""
_THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run_local(
    options: SimulationOptions,
    out: str,
    blocks: Iterable[Block],
    report: Callable[[BlockReport], None],
    workers: int = 1,
) -> None:
    """Make blocks in processes of one thread each; one worker works in this process.

    A worker that dies (killed, out of memory) takes the others with it; all are started anew and go on with the blocks
    that are not done, in which what was finished stays.

    Args:
        options: of the simulation.
        out: folder or URL.
        blocks: to make.
        report: told of each block as it is done, in no order.
        workers: processes.

    Raises:
        InputError: workers die again and again.
    """
    left = dict(enumerate(blocks))
    if workers <= 1:
        for block in left.values():
            report(make_block(options, out, block))
        return
    restarts = 0
    while left:
        before = len(left)
        try:
            _run_pool(options, out, left, report, workers)
        except BrokenProcessPool:
            restarts = 0 if len(left) < before else restarts + 1
            if restarts > MOST_RESTARTS:
                raise InputError(
                    f"{out}: workers were killed {restarts} times without finishing anything: is there enough memory "
                    f"for {workers} of them?"
                ) from None


def _run_pool(
    options: SimulationOptions,
    out: str,
    left: dict[int, Block],
    report: Callable[[BlockReport], None],
    workers: int,
) -> None:
    """Work through what is left, taking away what is done; BrokenProcessPool where a worker dies."""
    waiting = iter(list(left.items()))
    running: dict[Future[BlockReport], int] = {}
    with (
        _single_threads(),
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_prepare_worker) as pool,
    ):
        try:
            while True:
                # Not all at once: a million blocks need not be queued.
                while len(running) < 2 * workers and (following := next(waiting, None)) is not None:
                    running[pool.submit(make_block, options, out, following[1])] = following[0]
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    number = running.pop(future)
                    result = future.result()
                    del left[number]
                    report(result)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _single_threads:  # noqa: N801 - used like a function
    """Processes started within have one thread for each library: workers share the machine among themselves."""

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in _THREADS}
        os.environ.update(dict.fromkeys(_THREADS, "1"))

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _prepare_worker() -> None:
    import cv2

    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed must not go on writing beside the run that follows."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)
