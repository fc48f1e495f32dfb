"""Serves one scene to a browser on this machine."""

import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sonovista.errors import InputError
from sonovista.scene.document import SceneDocument
from sonovista.scene.reading import existing_file, read_document
from sonovista.viewer.cached_acoustics import CachedAcoustics
from sonovista.viewer.files import client_folder, hrir_document, media_type, viewed_document, viewed_files

HOST = "127.0.0.1"
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HEADERS = {
    # A scene that was made anew under the same name must not be shown as it was.
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; connect-src 'self' blob: data:; img-src 'self' blob: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


class LocalOnly:
    """Answers only requests that name this machine, and says so in every reply's headers.

    A page elsewhere can point its own name at 127.0.0.1 and would then be of one origin with this server (DNS
    rebinding); but its requests carry that name in their Host header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(key.encode(), value.encode()) for key, value in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        if name in _LOCAL_NAMES:
            await self._app(scope, receive, send_with_headers)
        else:
            await Response("this server answers only to this machine", 403)(scope, receive, send_with_headers)


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


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def _make_server(scene_path: str | Path, port: int, on_started: Callable[[str], None]) -> tuple[_Server, socket.socket]:
    app = create_app(scene_path)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise InputError(f"port {port}: expected a free port on {HOST}, found {error.strerror}") from error
    url = f"http://{HOST}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", lifespan="off", server_header=False)
    return _Server(config, lambda: on_started(url)), listener


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

    def started(url: str) -> None:
        if on_ready is not None:
            on_ready(url)
        if open_browser:
            webbrowser.open(url)

    server, listener = _make_server(scene_path, port, started)
    with contextlib.closing(listener), contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@contextlib.contextmanager
def serving(scene_path: str | Path, port: int = 0) -> Iterator[str]:
    """Serve a scene in a thread of this process while the context lasts; gives the page's address."""
    ready = threading.Event()
    address: list[str] = []

    def started(url: str) -> None:
        address.append(url)
        ready.set()

    server, listener = _make_server(scene_path, port, started)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not ready.wait(0.05):
            if not thread.is_alive():
                raise RuntimeError("the server ended before it had begun")
        yield address[0]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
