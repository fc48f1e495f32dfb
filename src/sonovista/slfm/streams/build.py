"""A split's options -> its stream of examples."""

from pathlib import Path

import numpy as np

from sonovista.errors import InputError
from sonovista.slfm.config import DataOptions, SplitOptions
from sonovista.slfm.streams.ears import Ears, measured_ears, spherical_ears
from sonovista.slfm.streams.panoramas import PanoramaFolder
from sonovista.slfm.streams.places import PlaceOptions
from sonovista.slfm.streams.procedural import ProceduralStream, ViewOptions
from sonovista.slfm.streams.protocol import ExampleStream
from sonovista.slfm.streams.sounds import Noise, SeveralSounds, SoundFolder, Sounds, VariedSounds


def build_stream(data: DataOptions, split: SplitOptions) -> ExampleStream:
    """The examples of a split.

    Raises:
        InputError: a folder or head is missing or is not what it should be.
    """
    views = ViewOptions.model_validate(data.views.model_dump() | split.views)
    sounds = VariedSounds(_sounds(split), split.narrow_sounds) if split.vary_sounds else _sounds(split)
    if split.folder is not None:
        if not split.pictures:
            return _sound_stream(split, sounds, views)
        if not isinstance(split.folder, str):
            raise InputError(f"data: folder: expected one where pictures are read, found {len(split.folder)}")
        from sonovista.slfm.streams.stored import ShardStream, StoredStream, holds_shards

        if holds_shards(split.folder):
            return ShardStream(split.folder, sounds, views, split.seed)
        return StoredStream(split.folder, sounds, views, split.seed, split.kept)
    if split.panoramas is None:
        raise InputError(
            "data: expected `folder` (stored examples) or `panoramas` (a folder of pictures), found neither"
        )
    places = PlaceOptions(shortest_rt60=split.rt60[0], longest_rt60=split.rt60[1])
    heads = [build_ears(head) for head in split.heads]
    return ProceduralStream(
        PanoramaFolder(split.panoramas),  # pyright: ignore[reportArgumentType] - a sequence as far as it is used
        sounds,
        heads,
        views,
        split.seed,
        split.places,
        split.first_place,
        places,
    )


def _sounds(split: SplitOptions) -> Sounds:
    if not split.sounds:
        return Noise()
    if isinstance(split.sounds, str):
        return SoundFolder(split.sounds)
    return SeveralSounds([SoundFolder(folder) for folder in split.sounds])


def _sound_stream(split: SplitOptions, sounds: Sounds, views: ViewOptions) -> ExampleStream:
    from sonovista.slfm.rotation_tables import write_rotation_table
    from sonovista.slfm.streams.sound_only import SoundStream, listed

    folders, tables = listed(split.folder), listed(split.rotations)
    if tables and len(tables) != len(folders):
        raise InputError(f"data: rotations: expected one table for each of {len(folders)} folders, found {len(tables)}")
    for folder, table in zip(folders, tables, strict=False):
        write_rotation_table(folder, table)
    return SoundStream(folders, sounds, views, split.seed, tables or None, split.sure, split.other_rooms)


def build_ears(name: str) -> Ears:
    """A head by its name: kemar (the simulator's), a SOFA file, or `sphere:RADIUS_M:EAR_AZIMUTH_DEG`."""
    if name == "kemar":
        from sonovista.simulate.heads import measured_head

        return measured_ears(measured_head(name))
    if name.startswith("sphere:"):
        try:
            radius, azimuth_deg = (float(part) for part in name.split(":")[1:])
        except ValueError:
            raise InputError(f"heads: expected sphere:RADIUS_M:EAR_AZIMUTH_DEG, found {name!r}") from None
        return spherical_ears(radius, float(np.radians(azimuth_deg)))
    from sonovista.ambisonics.sofa import read_sofa

    return measured_ears(read_sofa(Path(name), None))
