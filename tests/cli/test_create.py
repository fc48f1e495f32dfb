"""`sonovista create` as a user runs it: whole, repeatable, and safe against a kill in any stage."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import FAST, Run, refused

from sonovista.generate.pipeline import STAGES
from sonovista.scene import Scene

CREATE = """
import os, signal, sys
from pathlib import Path
from sonovista.generate.pipeline import create
photo, output, stop = sys.argv[1:]
def progress(stage, found):
    if stage == stop:
        os.kill(os.getpid(), signal.SIGKILL)
create(photo, output, resume=True, progress=progress, panorama_height=256, gaussians=20_000, profile="classical")
"""


@pytest.fixture(scope="module")
def whole(small_photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene that was made in one go."""
    folder = tmp_path_factory.mktemp("whole") / "scene"
    subprocess.run([sys.executable, "-c", CREATE, str(small_photo), str(folder), "never"], check=True, timeout=240)
    return folder


def test_a_scene_is_whole(whole: Path) -> None:
    scene = Scene.load(whole)
    assert [path.name for path in whole.parent.iterdir()] == ["scene"]
    assert scene.panorama is not None
    assert scene.panorama.shape == (256, 512, 3)
    assert scene.gaussians is not None
    assert 5_000 < len(scene.gaussians) <= 20_000
    assert [record.name for record in scene.document.stages] == list(STAGES)
    assert sum(source.kind == "ambient" for source in scene.document.sources) == 1
    assert all(np.abs(signal).max() <= 1.0 for signal in scene.sounds.values())
    assert set(scene.masks) == {source.id for source in scene.document.sources if source.kind != "ambient"}


def test_a_kill_in_any_stage_costs_nothing_that_was_finished(whole: Path, small_photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    for stage in (*STAGES, "assembly"):
        killed = subprocess.run(
            [sys.executable, "-c", CREATE, str(small_photo), str(folder), stage], check=False, timeout=240
        )
        assert killed.returncode == -signal.SIGKILL
        assert not folder.exists()
    subprocess.run([sys.executable, "-c", CREATE, str(small_photo), str(folder), "never"], check=True, timeout=240)
    assert [path.name for path in tmp_path.iterdir()] == ["scene"]
    for path in sorted(whole.rglob("*")):
        if path.is_file() and path.name != "scene.json":
            assert (folder / path.relative_to(whole)).read_bytes() == path.read_bytes(), path.name
    ours, theirs = (json.loads((place / "scene.json").read_text()) for place in (whole, folder))
    for document in (ours, theirs):
        for record in document["stages"]:
            del record["seconds"]
    assert ours == theirs


def test_the_users_sources_are_all_there_and_json_is_alone_on_stdout(sonovista: Run, small_photo: Path) -> None:
    wanted = "church bell, birds, zorblax machine"
    result = sonovista("create", small_photo, "-o", "scene", "--sources", wanted, "--json", *FAST)
    assert result.returncode == 0, result.stderr[-2000:]
    document = json.loads(result.stdout)
    names = " ".join(source["id"] + " " + source["label"].lower() for source in document["sources"])
    for word in ("bell", "bird", "zorblax"):
        assert word in names
    assert document["gaussian_count"] > 0


def test_an_interrupted_run_is_neither_lost_nor_mixed_up(sonovista: Run, small_photo: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", CREATE, str(small_photo), str(tmp_path / "scene"), "depth"], check=False)
    assert "--resume" in refused(sonovista("create", small_photo, "-o", "scene", *FAST))
    assert (tmp_path / "scene.partial").is_dir()


COMMAND = """
import signal
from sonovista.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
main()
"""


def test_an_interruption_says_how_to_go_on(small_photo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", COMMAND, "create", str(small_photo), "-o", str(tmp_path / "scene"), *FAST]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("outpainting" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.splitlines()[-1] == "sonovista: interrupted; what was finished is kept: go on with --resume"
    assert (tmp_path / "scene.partial" / "calibration.npz").is_file()
