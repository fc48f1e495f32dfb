"""What has to be made: every example of a simulation, in blocks of one scene each."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sonovista.simulate.options import SPLITS, ExampleSet, SimulationOptions

BLOCK = 24
"""Most examples that one task makes: a room is drawn and lit once for them."""


@dataclass(frozen=True)
class Item:
    """One example: indices of its set and of itself in its scene."""

    set_index: int
    number: int


@dataclass(frozen=True)
class Block:
    """Examples of one scene, made one after the other by one worker."""

    scene: int
    items: tuple[Item, ...]


def blocks(options: SimulationOptions, splits: Collection[str] = SPLITS) -> Iterator[Block]:
    """All examples of a simulation, or of some splits."""
    for scene in range(options.scenes):
        if options.split_of(scene) not in splits:
            continue
        items = _items(options, scene)
        # As even as can be: 30 are two of 15, not 24 and 6.
        count = -(-len(items) // BLOCK)
        for part in range(count):
            start, stop = (len(items) * end // count for end in (part, part + 1))
            if stop > start:
                yield Block(scene, tuple(items[start:stop]))


def _items(options: SimulationOptions, scene: int) -> list[Item]:
    split = options.split_of(scene)
    wanted = [(i, of) for i, of in enumerate(options.sets) if split in of.splits]
    # By number first: sets that share their draws see the same views one after the other.
    most = max((of.examples for _, of in wanted), default=0)
    return [Item(i, number) for number in range(most) for i, of in wanted if number < of.examples]


def example_path(of: ExampleSet, scene_name: str, number: int) -> str:
    """Where an example lies, relative to the simulation's folder, with `/`."""
    return str(Path(of.name, scene_name, f"pair-{number:04d}").as_posix())
