"""Heads in a form that is fast to listen through: responses by azimuth and elevation, delays kept apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.ambisonics.spherical_head import spherical_head
from sonovista.geometry.frames import direction_from_angles

AZIMUTHS = 360
ELEVATIONS = np.radians(np.arange(-60.0, 61.0, 10.0))
TAPS = 160
BEFORE = 40
"""Samples before the wave's passing of the head's centre, so that the nearer ear may hear it earlier."""
_UPSAMPLING = 8


@dataclass(frozen=True)
class Ears:
    """Responses of a head every degree around, on rings of elevation.

    Attributes:
        responses: shape `(13, 360, 2, 160)`, left ear first, 16 kHz, float32; the centre is passed at sample 40.
        name: of the head.
    """

    responses: NDArray[np.float32]
    name: str


def spherical_ears(radius: float, ear_azimuth: float, sample_rate: int = 16_000) -> Ears:
    """A rigid sphere's: exact in every direction.

    Args:
        radius: metres.
        ear_azimuth: radians from straight ahead.
        sample_rate: Hz.
    """
    azimuth, elevation = _grid()
    head = spherical_head(
        sample_rate, radius, ear_azimuth, samples=256, directions=direction_from_angles(azimuth, elevation)
    )
    start = 48 - BEFORE
    responses = head.hrirs[:, :, start : start + TAPS].reshape(len(ELEVATIONS), AZIMUTHS, 2, TAPS)
    return Ears(
        responses.astype(np.float32), f"sphere of {1000 * radius:.0f} mm, ears at {np.degrees(ear_azimuth):.0f}"
    )


def measured_ears(head: HRTFSet, sample_rate: int = 16_000) -> Ears:
    """A measured head's, interpolated between its directions with arrival times kept apart.

    Each response is shifted to a common arrival, the three nearest directions are averaged by closeness, and the
    average is shifted to the average of their arrivals: responses that do not line up would cancel each other.
    """
    head = head.symmetrized().resampled(sample_rate)
    size = 512
    hrirs = head.hrirs[:, :, :size]
    arrivals = _arrivals(hrirs)
    spectra = np.fft.rfft(hrirs, size, axis=-1)
    omega = 2.0 * np.pi * np.fft.rfftfreq(size)
    aligned = spectra * np.exp(1j * omega * arrivals[..., None])
    azimuth, elevation = _grid()
    wanted = direction_from_angles(azimuth, elevation)
    closeness = wanted @ head.directions.T
    nearest = np.argpartition(-closeness, 3, axis=1)[:, :3]
    distance = np.arccos(np.clip(np.take_along_axis(closeness, nearest, 1), -1.0, 1.0))
    weight = 1.0 / np.maximum(distance, 1e-4) ** 2
    weight /= weight.sum(axis=1, keepdims=True)
    arrival = np.einsum("dk,dke->de", weight, arrivals[nearest])
    # times count from the mean of the two ears straight ahead, which is where a head's centre is passed, about
    centre = arrivals[np.argmax(head.directions[:, 0])].mean()
    spectrum = np.einsum("dk,dkeb->deb", weight, aligned[nearest])
    spectrum = spectrum * np.exp(-1j * omega * (arrival - centre + BEFORE)[..., None])
    responses = np.fft.irfft(spectrum, size, axis=-1)[..., :TAPS]
    return Ears(responses.reshape(len(ELEVATIONS), AZIMUTHS, 2, TAPS).astype(np.float32), head.name or "measured head")


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    elevation, azimuth = np.meshgrid(ELEVATIONS, np.radians(np.arange(AZIMUTHS)), indexing="ij")
    return azimuth.ravel(), elevation.ravel()


def _arrivals(hrirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """First sample, to an eighth, at which a response reaches 30 % of its peak; shape `(directions, 2)`."""
    from scipy.signal import resample

    fine = np.abs(np.asarray(resample(hrirs, _UPSAMPLING * hrirs.shape[-1], axis=-1)))
    return np.argmax(fine >= 0.3 * fine.max(axis=-1, keepdims=True), axis=-1) / _UPSAMPLING
