"""The checks of `sonovista doctor`: each tries the thing itself."""

import importlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Check:
    """One thing that works or does not.

    Attributes:
        name: of the thing.
        works: whether it does.
        required: whether Sonovista is of no use without it.
        detail: what was found, or what to do.
    """

    name: str
    works: bool
    required: bool
    detail: str


def run_checks() -> list[Check]:
    """Try everything that Sonovista uses."""
    return [
        _try("libraries", True, _libraries),
        _try("sound files", True, _sound_files),
        _try("binaural filters", True, _binaural_filters),
        _try("viewer", True, _viewer),
        _try("sound direction, camera rotation", True, _motion_networks),
        _try("ray casting", False, _rays),
        _try("disk", True, _disk),
        _try("browser", False, _browser),
    ]


def _try(name: str, required: bool, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, required, check())
    except Exception as error:
        lines = str(error).splitlines() or [type(error).__name__]
        return Check(name, False, required, lines[0])


def _libraries() -> str:
    names = ("numpy", "scipy", "numba", "cv2", "skimage", "PIL", "av", "soundfile", "soxr")
    for name in names:
        importlib.import_module(name)
    return f"{len(names)} import"


def _sound_files() -> str:
    from sonovista.signal.audio_files import read_audio, write_audio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.flac"
        write_audio(path, np.zeros((1, 480), np.float32), 48_000, subtype="PCM_24")
        read_audio(path, 48_000)
    return "FLAC is written and read"


def _binaural_filters() -> str:
    from sonovista.ambisonics.hrtf import load_default_filters

    decoder = load_default_filters(3)
    return f"order 3, {decoder.filters.shape[-1]} taps at {decoder.sample_rate} Hz"


def _viewer() -> str:
    from sonovista.viewer.files import client_folder

    return f"built, {sum(1 for path in client_folder().rglob('*') if path.is_file())} files"


def _motion_networks() -> str:
    from sonovista.slfm.runtime import shared_networks

    return f"{shared_networks().facts['name']}, by ONNX Runtime"


def _rays() -> str:
    from sonovista.acoustics.ray_casting import RayCaster

    RayCaster(np.eye(3), np.array([[0, 1, 2]]))
    return "Embree: sources are hidden by what stands before them"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free
    if free < 2**30:
        raise OSError(f"{free / 2**20:.0f} MiB free here; a scene needs about 500 MiB while it is made")
    return f"{free / 2**30:.0f} GiB free here"


def _browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "firefox", "safari", "msedge", "open")
    for name in names:
        if (path := shutil.which(name)) is not None:
            return path
    raise OSError("none found on PATH; any browser with WebGL 2 will do")
