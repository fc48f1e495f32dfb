"""One worker's task: make the examples of a block that are not there yet."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sonovista.errors import BackendUnavailable, InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.simulate.making import make_example
from sonovista.simulate.options import SimulationOptions
from sonovista.simulate.plan import Block, Item, example_path
from sonovista.simulate.protocol import Place, View
from sonovista.simulate.storage.places import open_store
from sonovista.simulate.viewpoints import NoRoomLeft
from sonovista.simulate.worlds import open_place, scene_files, scene_names

ATTEMPTS = 4
"""How often an example is tried, each time with other random numbers."""
_VIEWS_KEPT = 32


@dataclass(frozen=True)
class BlockReport:
    """What became of a block.

    Attributes:
        made: examples made now.
        found: examples that were there.
        failures: path and reason of every example that could not be made.
    """

    made: int
    found: int
    failures: tuple[tuple[str, str], ...] = ()


def make_block(options: SimulationOptions, out: str, block: Block) -> BlockReport:
    """Make what is missing of a block.

    Args:
        options: of the simulation.
        out: folder, or URL that fsspec understands.
        block: of one scene.
    """
    store = open_store(out)
    files = scene_files(options)
    name = scene_names(options, files)[block.scene]
    paths = {item: example_path(options.sets[item.set_index], name, item.number) for item in block.items}
    missing = [item for item in block.items if not store.exists(paths[item])]
    found = len(block.items) - len(missing)
    if not missing:
        return BlockReport(0, found)
    try:
        place: Any = _Remembering(open_place(options, files, block.scene))
    except (InputError, BackendUnavailable) as error:
        return BlockReport(0, found, tuple((paths[item], str(error)) for item in missing))
    failures = []
    for item in missing:
        reason = _make(place, name, options, block.scene, item, paths[item], store)
        if reason is not None:
            failures.append((paths[item], reason))
    return BlockReport(len(missing) - len(failures), found, tuple(failures))


def _make(
    place: Place, name: str, options: SimulationOptions, scene: int, item: Item, path: str, store: Any
) -> str | None:
    """Make one example and store it; why it could not be made, or None."""
    reason = ""
    for attempt in range(ATTEMPTS):
        try:
            example = make_example(place, name, options, options.sets[item.set_index], (scene, item.number), attempt)
            store.write(path, example)
        except NoRoomLeft as error:
            reason = str(error)
        except (InputError, BackendUnavailable) as error:
            return str(error)
        except Exception as error:
            # One example's trouble must not cost the others; it is told of at the end, and fails the run.
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        else:
            return None
    return f"{reason}, {ATTEMPTS} attempts"


class _Remembering:
    """A place that keeps its latest views: sets that share their draws look at the same ones."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._views: OrderedDict[PerspectiveCamera, View] = OrderedDict()

    def view(self, camera: PerspectiveCamera) -> View:
        if camera not in self._views:
            self._views[camera] = self._place.view(camera)
            if len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        return self._views[camera]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place, name)
