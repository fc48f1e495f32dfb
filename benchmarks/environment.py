"""What every benchmark says of where it ran."""

import os
import platform
from importlib import metadata
from typing import Any

PACKAGES = (
    "sonovista",
    "numpy",
    "scipy",
    "numba",
    "onnxruntime",
    "opencv-python-headless",
    "scikit-image",
    "soundfile",
)


def environment() -> dict[str, Any]:
    """Versions and machine."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - not a file of ours
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
