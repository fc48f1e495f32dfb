"""The same bytes whatever makes them, and nothing lost when workers die."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hearing_aids import small_simulation

from sonovista.errors import InputError
from sonovista.simulate.engines import local
from sonovista.simulate.reading import find_examples
from sonovista.simulate.simulation import folder_digest, simulate
from sonovista.simulate.work import BlockReport, make_block


def digest(root: Path) -> str:
    return folder_digest(root, iter(find_examples(root)[1]))


def dies_once(options, out, block) -> BlockReport:
    """Make a block, but kill this process the first time."""
    mark = Path(out) / ".killed"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make_block(options, out, block)


def dies_once_on_a_cluster(options, out, block) -> BlockReport:
    """What a cluster's worker does with a block, but killed after the first example, once."""
    from sonovista.simulate.engines.ray import _make
    from sonovista.simulate.plan import Block

    mark = Path(out) / ".killed"
    if not mark.exists():
        mark.touch()
        _make(options, out, Block(block.scene, block.items[:1]))
        os.kill(os.getpid(), signal.SIGKILL)
    return _make(options, out, block)


def always_dies(options, out, block) -> BlockReport:
    os.kill(os.getpid(), signal.SIGKILL)
    return BlockReport(0, 0)


def test_a_killed_worker_costs_nothing_but_time(tmp_path, monkeypatch):
    options = small_simulation(scenes=1)
    simulate(tmp_path / "calm", options)
    (tmp_path / "killed").mkdir()
    monkeypatch.setattr(local, "make_block", dies_once)
    reports: list[BlockReport] = []
    from sonovista.simulate.plan import blocks

    local.run_local(options, str(tmp_path / "killed"), blocks(options), reports.append, workers=2)
    assert sum(report.made for report in reports) == 2
    (tmp_path / "killed" / ".killed").unlink()
    assert digest(tmp_path / "killed") == digest(tmp_path / "calm")


def test_workers_that_always_die_are_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "make_block", always_dies)
    from sonovista.simulate.plan import blocks

    options = small_simulation(scenes=1)
    with pytest.raises(InputError, match="workers were killed"):
        local.run_local(options, str(tmp_path), blocks(options), lambda report: None, workers=2)


def test_one_run_at_a_time_in_a_folder(tmp_path):
    import fcntl

    options = small_simulation(scenes=1)
    simulate(tmp_path / "data", options)
    with (tmp_path / "data" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run is at work"):
            simulate(tmp_path / "data", options)


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path):
    arguments = ["--scenes", "3", "--examples", "6", "--workers", "2", "--json"]
    command = [sys.executable, "-m", "sonovista", "simulate"]
    subprocess.run([*command, tmp_path / "calm", *arguments], check=True, capture_output=True)
    run = subprocess.Popen([*command, tmp_path / "killed", *arguments], stdout=subprocess.DEVNULL)
    while not list((tmp_path / "killed").glob("*/pair-0002")):
        assert run.poll() is None
        time.sleep(0.1)
    run.kill()
    run.wait()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "killed").glob("*/pair-*/metadata.json")}
    assert 0 < len(before) < 18
    subprocess.run([*command, tmp_path / "killed", *arguments], check=True, capture_output=True)
    assert digest(tmp_path / "killed") == digest(tmp_path / "calm")
    assert all(path.stat().st_mtime_ns == made for path, made in before.items())


@pytest.mark.slow
def test_a_ray_cluster_of_two_nodes_makes_the_same_bytes_though_a_worker_is_killed(tmp_path, monkeypatch):
    # Machines that are busy with other tests start a node slowly.
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "240")
    monkeypatch.setenv("RAY_agent_register_timeout_ms", "240000")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    from sonovista.simulate.engines import ray as engine

    run = engine._run
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests
    monkeypatch.setattr(engine, "_run", lambda *given: run(*given, make=dies_once_on_a_cluster))
    options = small_simulation(scenes=4)
    simulate(tmp_path / "alone", options)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        summary = simulate(tmp_path / "cluster", options, engine="ray", address=cluster.address)
    finally:
        cluster.shutdown()
        ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    # The example that was whole when its worker was killed is found again by the next one.
    assert (summary.made, summary.found, summary.failures) == (7, 1, [])
    assert (tmp_path / "cluster" / ".killed").exists()
    assert digest(tmp_path / "cluster") == digest(tmp_path / "alone")


def test_no_cluster_at_an_address_is_one_clear_line(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(InputError, match="expected a Ray cluster"):
        simulate(tmp_path / "data", small_simulation(), engine="ray", address="127.0.0.1:1")
