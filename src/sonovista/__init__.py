"""One photo becomes a 3D world that you can walk through and hear.

>>> import sonovista as sv
>>> scene = sv.create("photo.jpg", "scene")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from sonovista.version import __version__

__all__ = ["BackendUnavailable", "InputError", "Scene", "__version__", "create", "localize", "rotation", "track"]

if TYPE_CHECKING:
    from sonovista.errors import BackendUnavailable, InputError
    from sonovista.generate.pipeline import create
    from sonovista.scene import Scene
    from sonovista.slfm.camera_rotation import rotation
    from sonovista.slfm.sound_direction import localize
    from sonovista.slfm.tracking import track

_HOMES = {
    "BackendUnavailable": "sonovista.errors",
    "InputError": "sonovista.errors",
    "Scene": "sonovista.scene",
    "create": "sonovista.generate.pipeline",
    "localize": "sonovista.slfm.sound_direction",
    "rotation": "sonovista.slfm.camera_rotation",
    "track": "sonovista.slfm.tracking",
}


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `import sonovista` costs nothing.
    if name not in _HOMES:
        raise AttributeError(f"module 'sonovista' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
