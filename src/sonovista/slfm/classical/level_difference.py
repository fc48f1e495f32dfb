"""Interaural level difference: plainly, and by the paper's votes."""

import numpy as np
from numpy.typing import NDArray

from sonovista.slfm.features.spectrograms import HOP, short_time_spectra


def level_difference(binaural: NDArray[np.floating]) -> float:
    """Of the whole sound, dB, positive where the left ear hears it louder; 0 for silence."""
    energy = np.square(np.asarray(binaural, float)).sum(axis=-1)
    if energy.max() <= 0.0:
        return 0.0
    return float(
        10.0 * np.log10(np.maximum(energy[0], 1e-12 * energy.max()) / np.maximum(energy[1], 1e-12 * energy.max()))
    )


def voted_level_difference(binaural: NDArray[np.floating]) -> float:
    """Sum of the frames' votes for the louder ear over their number, in [-1, 1] (the paper's "IID (Ours)")."""
    magnitude = np.abs(short_time_spectra(binaural, HOP)).mean(axis=1)
    heard = magnitude.max(axis=0) > 1e-6
    return float(np.sign(magnitude[0] - magnitude[1])[heard].mean()) if heard.any() else 0.0


class LevelDifferenceScale:
    """Azimuth from level difference, by a sine whose height is fitted on labelled training sounds.

    Args:
        decibels: level difference of a source at the side; 10 dB for speech about a head.
    """

    def __init__(self, decibels: float = 10.0) -> None:
        self.decibels = decibels

    @classmethod
    def fitted(cls, differences: NDArray[np.floating], azimuths: NDArray[np.floating]) -> "LevelDifferenceScale":
        """The height that fits level differences to azimuths (radians) best, least squares."""
        sine = np.sin(azimuths)
        return cls(float(max(1e-3, (differences * sine).sum() / max(float(np.square(sine).sum()), 1e-9))))

    def azimuth(self, difference: float) -> float:
        """Azimuth in front, radians, left positive."""
        return float(np.arcsin(np.clip(difference / self.decibels, -1.0, 1.0)))
