"""A scene as one HTML page that opens without a server."""

import base64
import html
import json
import os
import re
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, TextIO

from sonovista.errors import InputError
from sonovista.scene.ply import read_ply
from sonovista.scene.reading import existing_file, read_document
from sonovista.scene.spz import spz_bytes
from sonovista.viewer.acoustics_document import acoustics_document
from sonovista.viewer.files import AMBISONIC_ORDER, client_folder, hrir_document, viewed_document, viewed_files

_PIECE = 3 * 2**20  # a multiple of 3: the pieces' base64 joins without padding
_SCRIPT = re.compile(r'<script type="module"[^>]*src="\./assets/([^"/]+)"[^>]*></script>')
_STYLE = re.compile(r'<link rel="stylesheet"[^>]*href="\./assets/([^"/]+)"[^>]*>')


def export_html(scene_path: str | Path, out_path: str | Path, exact: bool = False) -> None:
    """Write a scene, its sounds, its Gaussians and the viewer into one HTML file.

    The page opens from a disk or from any web host, and asks for nothing else. It holds the Gaussians as SPZ, a fifth
    of `gaussians.ply`, is 4/3 as large as that and the sounds together, and 3 MB; a room adds about 0.5 MB for each
    second that it rings.

    Args:
        scene_path: folder of the scene.
        out_path: of the file; replaced if it is there, whole or not at all.
        exact: keep `gaussians.ply` as it is.

    Raises:
        InputError: no valid scene, or the place cannot be written to.
        BackendUnavailable: the package was installed without the web client.
    """
    folder, out = Path(scene_path), Path(out_path)
    document = read_document(folder)
    client = client_folder()
    if document.gaussians is None:
        raise InputError(f"{folder / 'scene.json'}: gaussians: expected a file to show, found none")
    names = list(viewed_files(folder, document))
    embedded = {
        "scene": viewed_document(document),
        "hrir": hrir_document(AMBISONIC_ORDER),
        "acoustics": acoustics_document(folder),
        "files": {name: f"sonovista-file-{index}" for index, name in enumerate(names)},
    }
    contents: dict[str, Path | bytes] = {}
    for name in names:
        path = existing_file(folder, name, "scene.json")
        packed = name == document.gaussians and not exact
        contents[embedded["files"][name]] = spz_bytes(read_ply(path)) if packed else path
    page = _inlined_page(client, document.title)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent)
    except OSError as error:
        raise InputError(f"{out}: expected a place to write to, found {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _write_page(file, page, embedded, contents)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(out)
    except OSError as error:
        raise InputError(f"{out}: expected a place to write to, found {error.strerror}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _inlined_page(client: Path, title: str) -> tuple[str, str]:
    """The page with its style and script inside: what comes before the scene's data, and what comes after it."""
    text = (client / "index.html").read_text(encoding="utf-8")
    script, style = _SCRIPT.search(text), _STYLE.search(text)
    if script is None or style is None:
        raise RuntimeError("the built client has no script or no style sheet where the export expects them")
    code = (client / "assets" / script.group(1)).read_text(encoding="utf-8")
    rules = (client / "assets" / style.group(1)).read_text(encoding="utf-8")
    # Inside a script element only its own end tag and a comment's opening have a meaning for HTML.
    code = code.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    text = text.replace(script.group(0), "").replace(style.group(0), f"<style>{rules}</style>")
    if title:
        text = re.sub("<title>[^<]*</title>", lambda _: f"<title>{html.escape(title)}</title>", text, count=1)
    head, _, tail = text.rpartition("</body>")
    return head, f'<script type="module">{code}</script>\n</body>{tail}'


def _write_page(
    file: TextIO, page: tuple[str, str], embedded: dict[str, Any], contents: dict[str, Path | bytes]
) -> None:
    before, after = page
    file.write(before)
    # "<" is escaped, so that no label can end the element.
    description = json.dumps(embedded).replace("<", "\\u003c")
    file.write(f'<script type="application/json" id="sonovista-scene">{description}</script>\n')
    for name, content in contents.items():
        file.write(f'<script type="text/plain" id="{name}">')
        file.writelines(_base64_pieces(content))
        file.write("</script>\n")
    file.write(after)


def _base64_pieces(content: Path | bytes) -> Iterator[str]:
    with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        while piece := file.read(_PIECE):
            yield base64.b64encode(piece).decode("ascii")
