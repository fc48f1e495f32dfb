"""Heads to hear with: MIT KEMAR, a rigid sphere, or a SOFA file."""

from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np

from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.errors import InputError
from sonovista.render.room_head import RoomHead, room_head
from sonovista.simulate.example import SAMPLE_RATE

_FILE = "mit_kemar_16k.npz"
_CITATION = "W. G. Gardner and K. D. Martin, MIT Media Lab Perceptual Computing Technical Report 280, 1994"
_MIRROR = np.array([1.0, -1.0, 1.0])


@lru_cache(maxsize=4)
def load_head(name: str = "kemar") -> RoomHead:
    """A head at 16 kHz, prepared to hear rooms with; see `measured_head` for what may be named."""
    return room_head(measured_head(name))


def measured_head(name: str = "kemar") -> HRTFSet:
    """The responses of a head at 16 kHz.

    Args:
        name: "kemar" (MIT KEMAR, diffuse-field equalised), "sphere" (a rigid sphere of 8.75 cm), or the path of a SOFA
            file.

    Raises:
        InputError: no such head, or a SOFA file that cannot be used.
        BackendUnavailable: a SOFA file without the library that reads it.
    """
    if name == "kemar":
        return _kemar()
    if name == "sphere":
        from sonovista.ambisonics.spherical_head import spherical_head

        return spherical_head(SAMPLE_RATE, samples=128)
    if not name.lower().endswith(".sofa"):
        raise InputError(f"head: expected kemar, sphere or the path of a .sofa file, found {name!r}")
    from sonovista.ambisonics.sofa import read_sofa

    head = read_sofa(Path(name), None)
    return head.resampled(SAMPLE_RATE)


def _kemar() -> HRTFSet:
    data = files("sonovista.simulate").joinpath("data", _FILE).read_bytes()
    with np.load(BytesIO(data), allow_pickle=False) as archive:
        left = archive["left"].astype(np.float64) * float(archive["scale"])
        directions = archive["directions"]
        delay = float(archive["delay"])
    # The right ear hears of a direction what the left hears of its mirror image.
    distance = np.linalg.norm(directions[:, None] * _MIRROR - directions[None], axis=2)
    hrirs = np.stack([left, left[distance.argmin(axis=1)]], axis=1)
    return HRTFSet(hrirs, directions, SAMPLE_RATE, delay, "MIT KEMAR, diffuse-field equalised", _CITATION)
