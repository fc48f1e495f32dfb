"""A Chromium for all browser tests, and little worlds to show in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from acoustic_worlds import acoustic_worlds
from playwright.sync_api import Browser, Page
from viewer_pages import VIEWPORT, Open, make_scene, placed

from sonovista.geometry import direction_from_angles
from sonovista.scene import Acoustics, Listener, Scene
from sonovista.viewer.chromium import chromium, wait_until_ready
from sonovista.viewer.server import serving


@pytest.fixture(scope="session")
def one_source_scene() -> Scene:
    """One point source at 60 degrees to the left, two metres away."""
    position = tuple((2.0 * direction_from_angles(np.radians(60.0), 0.0)).tolist())
    return make_scene([placed("bell", "point", position=position, gain_db=-6.0)], title="One bell")


@pytest.fixture(scope="session")
def mixed_scene() -> Scene:
    """A point, an area and an ambient source, a start pose that is not the origin's, gains and absorption."""
    surface = np.random.default_rng(3).uniform((1.0, -3.0, -1.5), (4.0, -1.0, -1.0), (200, 3))
    sources = [
        placed("bird", "point", position=(1.5, 2.0, 1.2), gain_db=-3.0),
        placed("stream", "area", position=tuple(surface.mean(0).tolist()), points=surface.tolist(), gain_db=-8.0),
        placed("wind", "ambient", gain_db=-25.0),
    ]
    return make_scene(
        sources,
        title="<b>Mixed</b> & more",
        listener=Listener(
            position=(0.2, -0.1, 0.0), yaw_deg=25.0, pitch_deg=-5.0, horizontal_fov_deg=70.0, gain_db=2.0
        ),
        acoustics=Acoustics(absorption_per_metre=0.05, minimum_distance=0.3),
    )


@pytest.fixture(scope="session")
def scene_folders(
    one_source_scene: Scene, mixed_scene: Scene, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("scenes")
    scenes = {"one": one_source_scene, "mixed": mixed_scene} | acoustic_worlds()
    for name, scene in scenes.items():
        scene.save(root / name)
    return {name: root / name for name in scenes}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; where there is none these tests fail and say how to get one."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def addresses(scene_folders: dict[str, Path]) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(folder)) for name, folder in scene_folders.items()}


class Pages:
    """Pages of one Chromium, and what went wrong in their consoles."""

    def __init__(self, browser: Browser, addresses: dict[str, str]) -> None:
        self._browser = browser
        self._addresses = addresses
        self._open: list[Page] = []
        self._bare: dict[str, Page] = {}
        self.problems: list[str] = []

    def bare(self, scene: str) -> Page:
        """A page without controls; the same one every time."""
        if scene not in self._bare:
            self._bare[scene] = self.open(scene, ui=0)
        return self._bare[scene]

    def open(self, scene: str, viewport: tuple[int, int] = VIEWPORT, **parameters: float) -> Page:
        page = self._browser.new_page(viewport={"width": viewport[0], "height": viewport[1]})
        self._open.append(page)
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(f"{self._addresses[scene]}?{urlencode(parameters)}")
        wait_until_ready(page)
        return page

    def close(self) -> None:
        for page in self._open:
            page.close()


@pytest.fixture
def open_page(browser: Browser, addresses: dict[str, str]) -> Iterator[Open]:
    """Opens a scene's page and waits until it is drawn; afterwards nothing may have gone wrong in its console."""
    pages = Pages(browser, addresses)
    yield pages.open
    pages.close()
    assert pages.problems == []


@pytest.fixture(scope="module")
def module_pages(browser: Browser, addresses: dict[str, str]) -> Iterator[Pages]:
    pages = Pages(browser, addresses)
    yield pages
    pages.close()


@pytest.fixture
def bare_page(module_pages: Pages) -> Iterator[Callable[[str], Page]]:
    """A page without controls by its world's name, shared by the tests of a file, which leave it as it was.

    Afterwards nothing may have gone wrong in its console.
    """
    yield module_pages.bare
    assert module_pages.problems == []


@pytest.fixture(scope="session")
def worlds(scene_folders: dict[str, Path]) -> dict[str, Scene]:
    """As they lie on the disk, so that the page and Python have the same samples."""
    return {name: Scene.load(scene_folders[name], ("sounds", "depth")) for name in scene_folders}
