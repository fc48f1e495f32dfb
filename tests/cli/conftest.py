"""The command line as a user runs it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Run
from PIL import Image


@pytest.fixture
def sonovista(tmp_path: Path) -> Run:
    """Run `sonovista` with arguments in a folder of its own."""

    def run(
        *arguments: str | Path, prefix: tuple[str, ...] = (), timeout: float = 240
    ) -> subprocess.CompletedProcess[str]:
        command = [*prefix, sys.executable, "-m", "sonovista", *map(str, arguments)]
        environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "200"}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture(scope="session")
def small_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real photo, small."""
    path = tmp_path_factory.mktemp("photo") / "stream.jpg"
    with Image.open(Path(__file__).parent.parent.parent / "examples" / "stream.jpg") as picture:
        picture.resize((320, 213)).save(path, quality=92)
    return path
