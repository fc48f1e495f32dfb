"""What the page needs to render a scene's acoustics as `BinauralRenderer` does: filters, tables and maps."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.occlusion import HIDDEN_CUTOFF_HZ, HIDDEN_GAIN, OPEN_CUTOFF_HZ
from sonovista.ambisonics.hrtf import BinauralDecoder, diffuse_filters, load_default_filters
from sonovista.render.air_filter import FARTHEST, NEAR, air_filter_table
from sonovista.render.fractional_delay import interpolator
from sonovista.render.occlusion_maps import scene_occlusion
from sonovista.render.propagation import FASTEST_CHANGE
from sonovista.render.reverberation import binaural_tail, room_reverberation_times
from sonovista.scene.document import OCTAVE_BANDS_HZ, SAMPLE_RATE, Acoustics, Air, Room, SceneDocument
from sonovista.scene.reading import read_document
from sonovista.scene.scene import Scene
from sonovista.viewer.files import AMBISONIC_ORDER

TAIL_CUT_DB = -60.0
"""Of a room's tail, what holds less than this share of its energy is left out."""

_FADE = 480  # samples to the cut
_MIDDLE = slice(OCTAVE_BANDS_HZ.index(500.0), OCTAVE_BANDS_HZ.index(1000.0) + 1)
_MOST_VISIBLE = 65_535


def acoustics_document(folder: Path) -> dict[str, Any]:
    """The acoustics of a scene, ready for JSON; each part is None where the scene has none of it.

    Arrays are `{"shape", "dtype", "data"}`: C order, little-endian, in base64.

    Args:
        folder: of the scene. Of its files only `scene.json` and, for occlusion, the depth are read.

    Returns:
        `ambience` (filters of a diffuse field), `air` (filters by distance), `delay` (interpolator), `occlusion`
        (visibility by listener's position) and `room` (its place, its tail at both ears, its reverberation time).

    Raises:
        InputError: the scene, or its depth where it is needed, cannot be read.
    """
    document = read_document(folder)
    acoustics = document.acoustics
    decoder = load_default_filters(AMBISONIC_ORDER)
    has_ambience = any(source.kind == "ambient" for source in document.sources)
    return {
        "sample_rate": SAMPLE_RATE,
        "ambience": _ambience(decoder) if has_ambience else None,
        "air": None if acoustics.air is None else _air(acoustics.air),
        "delay": _delay(acoustics.speed_of_sound) if acoustics.propagation_delay else None,
        "occlusion": _occlusion(folder, document) if acoustics.occlusion else None,
        "room": None if acoustics.room is None else _room(acoustics.room, acoustics, decoder),
    }


def _array(values: NDArray[Any], dtype: str) -> dict[str, Any]:
    data = np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()
    return {"shape": list(values.shape), "dtype": dtype, "data": base64.b64encode(data).decode("ascii")}


def _ambience(decoder: BinauralDecoder) -> dict[str, Any]:
    filters = diffuse_filters(decoder)
    return {
        "filters": _array(filters, "float32"),
        # The filters' own time zero is later than the decoder's: what comes out is to be read ahead by so much.
        "ahead": filters.shape[1] // 2 - decoder.delay,
    }


def _air(air: Air) -> dict[str, Any]:
    return {"table": _array(air_filter_table(air, SAMPLE_RATE), "float32"), "near": NEAR, "farthest": FARTHEST}


def _delay(speed_of_sound: float) -> dict[str, Any]:
    return {
        "samples_per_metre": SAMPLE_RATE / speed_of_sound,
        "fastest_change": FASTEST_CHANGE,
        "interpolator": _array(interpolator(), "float32"),
    }


def _occlusion(folder: Path, document: SceneDocument) -> dict[str, Any] | None:
    if document.depth is None:
        return None
    visible = scene_occlusion(Scene.load(folder, ("depth",)))
    if visible is None:
        return None
    return {
        "origin": list(map(float, visible.origin)),
        "spacing": float(visible.spacing),
        # In 8 bits the rounding alone would be an error of -51 dB.
        "values": _array(np.round(visible.values * _MOST_VISIBLE), "uint16"),
        "hidden_gain": HIDDEN_GAIN,
        "hidden_cutoff_hz": HIDDEN_CUTOFF_HZ,
        "open_cutoff_hz": OPEN_CUTOFF_HZ,
    }


def _room(room: Room, acoustics: Acoustics, decoder: BinauralDecoder) -> dict[str, Any]:
    return {
        "centre": room.centre,
        "size": room.size,
        "yaw_deg": room.yaw_deg,
        "reverberation_time_s": float(room_reverberation_times(room, acoustics)[_MIDDLE].mean()),
        "tail": _array(shortened(binaural_tail(room, acoustics, decoder)), "float32"),
    }


def shortened(tail: NDArray[np.float32]) -> NDArray[np.float32]:
    """A tail without its end, which holds less than a millionth of the energy; shape `(2, samples)` and `(2, fewer)`.

    The last 10 ms that stay fade out.
    """
    energy = (tail.astype(float) ** 2).sum(axis=0)
    left = np.cumsum(energy[::-1])[::-1]
    length = int(np.count_nonzero(left > left[0] * 10.0 ** (TAIL_CUT_DB / 10.0)))
    fade = min(_FADE, length)
    kept = tail[:, : max(1, length)].copy()
    if fade:
        kept[:, -fade:] *= (0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)).astype(np.float32)
    return kept
