"""`sonovista view`: serve a scene and open the browser."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("view", epilog="Example:  sonovista view my-scene --port 8000 --no-browser")(view)


def view(
    scene: Annotated[Path, typer.Argument(help="Folder of a scene.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Walk through a scene and hear it, in the browser; stop with Ctrl-C."""
    from sonovista.viewer.server import serve

    def tell(url: str) -> None:
        typer.echo(f"{scene} is at {url}  (stop with Ctrl-C)")

    serve(scene, port=port, open_browser=browser, on_ready=tell)
