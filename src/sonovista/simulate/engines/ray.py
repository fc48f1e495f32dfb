"""A Ray cluster."""

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

from sonovista.errors import BackendUnavailable, InputError
from sonovista.simulate.options import SimulationOptions
from sonovista.simulate.plan import Block
from sonovista.simulate.work import BlockReport, make_block

MOST_RETRIES = 5
"""How often a block is given to another worker when its own, or its node, dies."""
SECONDS_TO_ANSWER = 20.0
"""That a cluster may take to accept a connection."""


def run_ray(
    options: SimulationOptions,
    out: str,
    blocks: Iterable[Block],
    report: Callable[[BlockReport], None],
    address: str | None = None,
) -> None:
    """Make blocks on a cluster, one processor each.

    All nodes must have Sonovista installed and must reach the output under the same name: a shared folder or a URL.

    Args:
        options: of the simulation.
        out: folder or URL.
        blocks: to make.
        report: told of each block as it is done, in no order.
        address: of the cluster, as Ray understands it ("auto", "host:port", "ray://host:port"); None starts one here.

    Raises:
        BackendUnavailable: Ray is not installed.
        InputError: no cluster at the address, or a block that killed every worker that it was given to.
    """
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError as error:
        raise BackendUnavailable("--engine ray needs Ray: pip install 'sonovista[ray]'") from error
    # Keeps Ray from warning that it will stop hiding GPUs from tasks that ask for none: ours use none.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ours = not ray.is_initialized()
    if ours:
        _check_reachable(address)
        try:
            ray.init(address=address, log_to_driver=False, include_dashboard=False if address is None else None)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"--address {address}: expected a Ray cluster, found: {reason}") from None
    try:
        _run(ray, options, out, blocks, report)
    except RayError as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{out}: a block could not be made on the cluster: {reason}") from error
    finally:
        if ours:
            ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Refuse an address where nobody answers: Ray itself would try for minutes, and then end the process."""
    if address is None or ":" not in address:
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_TO_ANSWER):
            return
    except (OSError, ValueError) as error:
        raise InputError(f"--address {address}: expected a Ray cluster, found: {error}") from None


def _make(options: str, out: str, block: Block) -> BlockReport:
    import cv2

    cv2.setNumThreads(1)
    return make_block(SimulationOptions.model_validate_json(options), out, block)


def _run(
    ray: Any,
    options: SimulationOptions,
    out: str,
    blocks: Iterable[Block],
    report: Callable[..., None],
    make: Callable[[str, str, Block], BlockReport] = _make,
) -> None:
    task = ray.remote(num_cpus=1, max_retries=MOST_RETRIES)(make)
    waiting = iter(blocks)
    running: list[Any] = []
    while True:
        most = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
        while len(running) < most and (block := next(waiting, None)) is not None:
            running.append(task.remote(options.model_dump_json(), out, block))
        if not running:
            return
        done, running = ray.wait(running)
        for result in ray.get(done):
            report(result)
