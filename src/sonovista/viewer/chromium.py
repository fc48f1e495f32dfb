"""Drives a real Chromium, with its picture drawn on the processor: for tests and screenshots. Needs Playwright."""

import base64
import contextlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sonovista.errors import BackendUnavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    # WebGL 2 without a graphics card.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # Nothing but the page may use the network.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--autoplay-policy=user-gesture-required",
)


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """A running Chromium, ended with the context.

    Raises:
        BackendUnavailable: Playwright or a Chromium is not installed.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise BackendUnavailable("driving a browser needs Playwright: pip install 'sonovista[dev]'") from error
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=list(_FLAGS))
        except Error as error:
            raise BackendUnavailable(
                f"no Chromium could be started ({error.message.splitlines()[0]}): install it with "
                "`make setup-browser` or `playwright install chromium`"
            ) from error
        try:
            yield browser
        finally:
            browser.close()


def wait_until_ready(page: "Page", timeout_seconds: float = 120.0) -> None:
    """Wait until the viewer has drawn a frame with every Gaussian sorted; its error is raised as a RuntimeError."""
    page.wait_for_function("window.sonovista !== undefined", timeout=1000 * timeout_seconds)
    failure = page.evaluate(
        """seconds => Promise.race([
            window.sonovista.ready.then(() => null, error => String(error)),
            new Promise(resolve => setTimeout(() => resolve("not ready in time"), 1000 * seconds)),
        ])""",
        timeout_seconds,
    )
    if failure is not None:
        raise RuntimeError(f"the viewer did not open: {failure}")


def capture(page: "Page") -> bytes:
    """The canvas alone as a PNG, with every Gaussian sorted for the present pose."""
    data_url: str = page.evaluate("() => window.sonovista.capture()")
    return base64.b64decode(data_url.partition(",")[2])
