"""A head in a room: responses to single reflections from any direction, and to a diffuse field."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from sonovista.acoustics.bands import octave_weights
from sonovista.ambisonics.decoder_design import design_decoder
from sonovista.ambisonics.hrtf_set import HRTFSet, merge_coincident
from sonovista.ambisonics.spherical_head import sphere_delay
from sonovista.geometry.frames import direction_from_angles

TAIL_ORDER = 3
"""Ambisonic order of the diffuse field that a turned head hears."""
GRID_STEP = np.radians(3.0)
"""Spacing of the directions for which responses are tabulated."""
LEAD = 8
"""Samples before the onset that tabulated responses keep."""
_UPSAMPLING = 16
_SPECTRA_KEPT = 4
_ENERGY_LEFT = 1e-4  # of the mean energy of a response, that may be cut from its end


@dataclass(frozen=True)
class RoomHead:
    """Made once from an `HRTFSet` by `room_head`, for one sample rate; holds tables of some megabytes.

    Attributes:
        sample_rate: Hz.
        responses: without their onset delays, on a grid of elevations from -90 to 90 degrees and azimuths from 0 to 360
            (both ends included), shape `(elevations, azimuths, 2, taps)`, float32.
        delays: samples from a wave's passing the head's centre to the first sample of the response, mostly negative;
            shape `(elevations, azimuths, 2)`.
        tail_filters: what the ears hear of a diffuse field's SN3D channels of `TAIL_ORDER`, with the head's spectrum
            and interaural coherence in such a field, shape `(2, 16, taps)`, float32.
    """

    sample_rate: int
    responses: NDArray[np.float32]
    delays: NDArray[np.float64]
    tail_filters: NDArray[np.float32]
    _directional: list[NDArray[np.float32]] = field(default_factory=list, repr=False, compare=False)
    _tail_spectra: dict[int, NDArray[np.complex64]] = field(default_factory=dict, repr=False, compare=False)

    def tail_spectra(self, length: int) -> NDArray[np.complex64]:
        """Spectra of `tail_filters` by an FFT of `length` samples, shape `(2, 16, length // 2 + 1)`."""
        if length not in self._tail_spectra:
            if len(self._tail_spectra) >= _SPECTRA_KEPT:
                self._tail_spectra.clear()
            self._tail_spectra[length] = np.fft.rfft(self.tail_filters, length, axis=-1).astype(np.complex64)
        return self._tail_spectra[length]

    def directional_power(self) -> NDArray[np.float32]:
        """Power at the ears by direction and octave, over its mean over all directions.

        Returns:
            Shape `(elevations, azimuths, 8, 2)`, on the grid of `responses`; ones in octaves that the rate lacks.
        """
        if not self._directional:
            length = 1 << (2 * self.responses.shape[3] - 1).bit_length()
            weights = octave_weights(np.fft.rfftfreq(length, 1.0 / self.sample_rate))
            power = np.stack(
                [(np.abs(np.fft.rfft(row, length, axis=-1)) ** 2) @ weights.T for row in self.responses]
            ).swapaxes(2, 3)
            solid = np.cos(_grid()[0])[:, None, None, None]
            mean = (solid * power[:, :-1]).sum(axis=(0, 1)) / (solid.sum() * (power.shape[1] - 1))
            self._directional.append(np.where(mean > 1e-20, power / np.maximum(mean, 1e-20), 1.0).astype(np.float32))
        return self._directional[0]


def room_head(head: HRTFSet, sample_rate: int | None = None) -> RoomHead:
    """Prepare a head for `binaural_room_responses`; takes about a second.

    Onset delays are taken out of the measured responses, both are interpolated over triangles of measured directions,
    and the delays are put back where a response is used. So delays between measured directions are right too.

    Args:
        head: any grid, any rate.
        sample_rate: Hz, of the responses to come; None for the head's own.

    Raises:
        ValueError: fewer than four directions, or all in one plane.

    Source: for taking delays out before interpolating: Evans, Angus and Tew, "Analyzing head-related transfer function
    measurements using surface spherical harmonics" (JASA 1998); Hartung, Braasch and Sterbing, "Comparison of different
    methods for the interpolation of head-related transfer functions" (AES 16th conference, 1999).
    """
    head = head.resampled(head.sample_rate if sample_rate is None else sample_rate)
    index, _, _ = merge_coincident(head.directions)
    directions, hrirs = head.directions[index], head.hrirs[index]
    onsets = onset_delays(hrirs)
    aligned = _shifted(hrirs, LEAD - onsets)
    taps = _kept_taps(aligned)
    aligned = aligned[..., :taps]
    fade = min(8, taps // 4)
    aligned[..., taps - fade :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 1.0) / (fade + 1.0))
    elevations, azimuths = _grid()
    grid = direction_from_angles(*np.meshgrid(azimuths, elevations)).reshape(-1, 3)
    corners, weights = _triangle_weights(directions, grid)
    shape = (len(elevations), len(azimuths), 2)
    responses = np.einsum("gk,gket->get", weights, aligned[corners])
    delays = np.einsum("gk,gke->ge", weights, onsets[corners])
    centre = _centre_delay(onsets, directions, head.sample_rate) if head.delay is None else head.delay
    filter_taps = max(128, 2 * round(192 * head.sample_rate / 48_000))
    decoder = design_decoder(head, TAIL_ORDER, "magls", head.sample_rate, taps=filter_taps)
    return RoomHead(
        head.sample_rate,
        np.ascontiguousarray(responses.reshape(*shape, taps), np.float32),
        (delays - centre - LEAD).reshape(shape),
        decoder.filters,
    )


def onset_delays(hrirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples by which a response lags its minimum-phase version, shape `(...)` of `(..., samples)`.

    Source: Nam, Abel and Smith, "A method for estimating interaural time difference for binaural synthesis" (AES 125th
    convention, 2008).
    """
    samples = hrirs.shape[-1]
    size = 1 << (8 * samples - 1).bit_length()
    spectrum = np.fft.rfft(hrirs, size, axis=-1)
    magnitude = np.abs(spectrum)
    floor = 1e-4 * magnitude.max(axis=-1, keepdims=True) + 1e-30
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, floor)), size, axis=-1)
    cepstrum[..., 1 : size // 2] *= 2.0
    cepstrum[..., size // 2 + 1 :] = 0.0
    minimum_phase = np.exp(np.fft.rfft(cepstrum, size, axis=-1))
    cross = spectrum * np.conj(minimum_phase)
    row = np.zeros(_UPSAMPLING * size // 2 + 1, complex)
    delays = np.empty(hrirs.shape[:-1])
    for place in np.ndindex(*hrirs.shape[:-1]):  # one by one: upsampled, all would take gigabytes
        row[: cross.shape[-1]] = cross[place]
        correlation = np.fft.irfft(row, _UPSAMPLING * size)
        delays[place] = correlation[: _UPSAMPLING * samples].argmax() / _UPSAMPLING
    return delays


def _shifted(hrirs: NDArray[np.float64], delay: NDArray[np.float64]) -> NDArray[np.float64]:
    """Responses delayed by fractions of samples, negative ones too; what leaves the ends is lost."""
    samples = hrirs.shape[-1]
    size = 4 * samples
    phase = np.exp(-2j * np.pi * np.fft.rfftfreq(size) * delay[..., None])
    return np.fft.irfft(np.fft.rfft(hrirs, size, axis=-1) * phase, size, axis=-1)[..., :samples]


def _kept_taps(aligned: NDArray[np.float64]) -> int:
    energy = (aligned**2).mean(axis=(0, 1))
    left = np.cumsum(energy[::-1])[::-1] / energy.sum()
    return int(min(aligned.shape[-1], np.count_nonzero(left > _ENERGY_LEFT) + LEAD))


def _centre_delay(onsets: NDArray[np.float64], directions: NDArray[np.float64], sample_rate: int) -> float:
    """When a wave passes the head's centre, guessed: the mean onset less the mean delay of a sphere's ears."""
    return float((onsets - sphere_delay(directions) * sample_rate).mean())


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = round(np.pi / GRID_STEP), round(2.0 * np.pi / GRID_STEP)
    return np.linspace(-0.5 * np.pi, 0.5 * np.pi, rows + 1), np.linspace(0.0, 2.0 * np.pi, columns + 1)


def _triangle_weights(
    directions: NDArray[np.float64], wanted: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Corners of the triangle of directions that each wanted one passes through, and their shares, both `(N, 3)`."""
    if len(directions) < 4 or np.linalg.matrix_rank(directions - directions.mean(axis=0), tol=1e-3) < 3:
        raise ValueError("a head needs at least four directions that are not in one plane")
    triangles = ConvexHull(directions).simplices
    inverse = np.linalg.pinv(directions[triangles].transpose(0, 2, 1))
    corners = np.empty((len(wanted), 3), np.intp)
    weights = np.empty((len(wanted), 3))
    for start in range(0, len(wanted), 512):
        part = wanted[start : start + 512]
        least = np.minimum(np.minimum(part @ inverse[:, 0].T, part @ inverse[:, 1].T), part @ inverse[:, 2].T)
        best = least.argmax(axis=1)
        corners[start : start + 512] = triangles[best]
        weights[start : start + 512] = np.maximum(np.einsum("nij,nj->ni", inverse[best], part), 0.0)
    return corners, weights / weights.sum(axis=1, keepdims=True)
