"""Serves one scene to a browser on this machine."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from sonovista.errors import InputError
from sonovista.scene.document import SceneDocument
from sonovista.scene.reading import existing_file, read_document
from sonovista.viewer.cached_acoustics import CachedAcoustics
from sonovista.viewer.files import client_folder, hrir_document, media_type, viewed_document, viewed_files
from sonovista.viewer.local_server import LocalOnly, serve_application, serving_application


def create_app(scene_path: str | Path) -> Starlette:
    """The server's application for one scene.

    Args:
        scene_path: folder of the scene. It is read at every request, so that a scene that was made anew is shown anew.

    Raises:
        InputError: the folder holds no valid scene, or lacks a file that the page needs.
        BackendUnavailable: the package was installed without the web client.
    """
    folder = Path(scene_path)
    client = client_folder()
    assets = {path.name: path for path in (client / "assets").iterdir() if path.is_file()}
    _check_files(folder, read_document(folder))
    cached = CachedAcoustics(folder)

    def document_now() -> SceneDocument:
        try:
            return read_document(folder)
        except InputError as error:
            raise HTTPException(409, str(error)) from error

    def page(_: Request) -> Response:
        return FileResponse(client / "index.html", media_type=media_type("index.html"))

    def asset(request: Request) -> Response:
        path = assets.get(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type=media_type(path.name))

    def scene(_: Request) -> Response:
        return JSONResponse(viewed_document(document_now()))

    def acoustics(_: Request) -> Response:
        document = document_now()
        try:
            return JSONResponse(cached.get(document))
        except InputError as error:
            raise HTTPException(409, str(error)) from error

    def scene_file(request: Request) -> Response:
        name = request.path_params["path"]
        path = viewed_files(folder, document_now()).get(name)
        if path is None or not path.is_file():
            raise HTTPException(404, "no such file in this scene")
        return FileResponse(path, media_type=media_type(name))

    def hrir(request: Request) -> Response:
        order = request.path_params["order"]
        if not 1 <= order <= 7:
            raise HTTPException(404, "filters are of order 1 to 7")
        return JSONResponse(hrir_document(order))

    routes = [
        Route("/", page),
        Route("/assets/{name}", asset),
        Route("/api/scene", scene),
        Route("/api/acoustics", acoustics),
        Route("/api/hrir/{order:int}", hrir),
        Route("/scene/{path:path}", scene_file),
    ]
    return Starlette(routes=routes, middleware=[Middleware(LocalOnly)])


def _check_files(folder: Path, document: SceneDocument) -> None:
    if document.gaussians is None:
        raise InputError(f"{folder / 'scene.json'}: gaussians: expected a file to show, found none")
    existing_file(folder, document.gaussians, "gaussians")
    for index, source in enumerate(document.sources):
        existing_file(folder, source.sound, f"sources.{index}.sound")


def serve(
    scene_path: str | Path,
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], Any] | None = None,
) -> None:
    """Serve a scene on 127.0.0.1 until interrupted.

    Args:
        scene_path: folder of the scene.
        port: 0 takes a free one.
        open_browser: open the page in the user's browser.
        on_ready: called with the page's address once it answers.

    Raises:
        InputError: no valid scene, or the port is taken.
        BackendUnavailable: the package was installed without the web client.
    """
    serve_application(create_app(scene_path), port, open_browser, on_ready)


def serving(scene_path: str | Path, port: int = 0) -> contextlib.AbstractContextManager[str]:
    """Serve a scene in a thread of this process while the context lasts; gives the page's address."""
    return serving_application(create_app(scene_path), port)
