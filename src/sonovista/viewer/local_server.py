"""Web applications that only this machine can reach: hosts checked, strict headers, a server that says it is up."""

import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sonovista.errors import InputError

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


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def _make_server(app: ASGIApp, port: int, on_started: Callable[[str], None]) -> tuple[_Server, socket.socket]:
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


def serve_application(
    app: ASGIApp,
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], Any] | None = None,
) -> None:
    """Serve an application on 127.0.0.1 until interrupted.

    Args:
        app: with `LocalOnly` among its middleware.
        port: 0 takes a free one.
        open_browser: open the page in the user's browser.
        on_ready: called with the page's address once it answers.

    Raises:
        InputError: the port is taken.
    """

    def started(url: str) -> None:
        if on_ready is not None:
            on_ready(url)
        if open_browser:
            webbrowser.open(url)

    server, listener = _make_server(app, port, started)
    with contextlib.closing(listener), contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@contextlib.contextmanager
def serving_application(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application in a thread of this process while the context lasts; gives the page's address."""
    ready = threading.Event()
    address: list[str] = []

    def started(url: str) -> None:
        address.append(url)
        ready.set()

    server, listener = _make_server(app, port, started)
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
