"""Binaural decoders made better by descent on the errors that are heard."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.decoder_filters import fade_window
from sonovista.ambisonics.decoder_target import DecoderTarget
from sonovista.ambisonics.diffuse_field import erb_number, frequency_of_erb_number
from sonovista.ambisonics.spherical_harmonics import left_right_signs, spherical_harmonics_of_directions

_HIGHEST = 20_000.0  # Hz; above it the filters stay where they begin
_INTERAURAL = 1600.0  # Hz, up to which the ears' phases are compared (Wightman and Kistler 1992)
_DELAY_UNIT = 10e-6  # seconds, about the least interaural delay that is noticed (Klumpp and Eady 1956)
_ROUNDING_DB, _ROUNDING_DELAY = 0.5, 0.5  # below these (in dB and in units) errors count by their square


@dataclass(frozen=True)
class ErrorWeights:
    """What each kind of error costs, against 1 for a mean level error of 1 dB.

    Attributes:
        interaural_phase: of a unit squared difference of the normalised cross-spectra of the ears.
        interaural_delay: of a mean delay error of 10 microseconds.
        waveform: of a unit relative squared error of the responses below the frequency that the order reaches.
        diffuse_level: of a mean squared level error of 1 dB in a diffuse field.
        diffuse_coherence: of a mean squared error of 0.1 of the coherence in a diffuse field.
        ringing: of all the filters' energy 1 ms before the wave reaches the head, or 4 ms after.
    """

    interaural_phase: float = 10.0
    interaural_delay: float = 0.3
    waveform: float = 1.0
    diffuse_level: float = 0.1
    diffuse_coherence: float = 0.1
    ringing: float = 20.0

    @classmethod
    def for_order(cls, order: int) -> "ErrorWeights":
        """Below order 3 the ears' differences cannot be kept whole: they weigh less, lest levels be lost for them."""
        share = min(1.0, order / 3.0) ** 3
        default = cls()
        return replace(
            default,
            interaural_phase=share * default.interaural_phase,
            interaural_delay=share * default.interaural_delay,
            diffuse_level=share**0.5 * default.diffuse_level,
            diffuse_coherence=share * default.diffuse_coherence,
        )


def refine_filters(
    filters: NDArray[np.float64],
    target: DecoderTarget,
    delay: int,
    iterations: int = 150,
    weights: ErrorWeights | None = None,
) -> NDArray[np.float64]:
    """Descend (L-BFGS) from given filters to ones whose sound is nearer to the head's.

    The cost is the mean over directions and ears of the level error in critical bands, plus the errors that
    `ErrorWeights` lists. It sees the filters as they are, cut and faded, so it also mends what the cut spoiled.

    Args:
        filters: for N3D signals, shape `(2, channels, taps)`.
        target: of the design.
        delay: samples of the filters before time zero of the target.
        iterations: of L-BFGS at most.
        weights: of the errors; by default those for the order.

    Returns:
        Like `filters`.

    Source: for the bands, Glasberg and Moore (1990); the descent from magnitude least squares to a cost over all
    frequencies at once is our own.
    """
    from scipy.optimize import minimize  # here: it costs 0.3 s that only designers of decoders need

    order = round(filters.shape[1] ** 0.5) - 1
    cost = _Cost(filters, target, delay, weights or ErrorWeights.for_order(order))
    start = filters[:1] if target.symmetric else filters
    found = minimize(
        cost, (start / cost.window).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 10}
    )
    return cost.filters(found.x)


class _Cost:
    """Value and gradient of the cost; single precision within, since errors of 1e-4 are not heard."""

    def __init__(self, filters: NDArray[np.float64], target: DecoderTarget, delay: int, weights: ErrorWeights) -> None:
        _, self.channels, self.taps = filters.shape
        order = round(self.channels**0.5) - 1
        self.weights = weights
        self.signs = left_right_signs(order)[:, None] if target.symmetric else None
        self.size = 2 * (target.spectra.shape[-1] - 1)
        self.window = np.maximum(fade_window(self.taps, 12, min(64, self.taps // 4)), 1e-3)
        self.harmonics = spherical_harmonics_of_directions(order, target.directions, "n3d").astype(np.float32)
        self.solid = target.weights.astype(np.float32)[:, None]
        frequencies = target.frequencies
        self.used = int(np.searchsorted(frequencies, min(_HIGHEST, 0.45 * target.sample_rate)))
        self.frequencies = frequencies[: self.used]
        lag = np.exp(-2j * np.pi * self.frequencies * delay / target.sample_rate)
        self.wanted = (target.spectra[..., : self.used] * lag).astype(np.complex64)
        self._prepare_levels()
        self._prepare_interaural()
        self._prepare_waveform(order)
        self._prepare_diffuse_field(target)
        after = (np.arange(self.taps) - delay) / target.sample_rate
        early, late = np.maximum(-4e-4 - after, 0.0) / 6e-4, np.maximum(after, 0.0) / 4e-3
        energy = float(np.mean([power.mean() for power in self.wanted_diffuse]))
        self.ringing_weight = weights.ringing * (early**2 + late**2) / (2.0 * energy)

    def _prepare_levels(self) -> None:
        """Triangular bands, one critical band wide at half height, two to a critical band."""
        number = erb_number(self.frequencies)
        centres = np.arange(float(erb_number(60.0)), float(number[-1]) - 0.5, 0.5)
        bands = np.maximum(1.0 - np.abs(number - centres[:, None]), 0.0)
        step = self.frequencies[1]
        narrow = bands.sum(axis=1) < 1.0  # narrower than the bins: the two nearest bins, interpolated
        around = np.abs(self.frequencies - frequency_of_erb_number(centres)[:, None])
        bands[narrow] = np.maximum(1.0 - around[narrow] / step, 0.0)
        self.bands = (bands / bands.sum(axis=1, keepdims=True)).astype(np.float32)
        self.wanted_power = _power(self.wanted) @ self.bands.T
        self.silence = 1e-7 * self.wanted_power.max()

    def _prepare_interaural(self) -> None:
        count = int(np.searchsorted(self.frequencies, _INTERAURAL))
        below = self.frequencies[:count]
        left, right = self.wanted[..., :count]
        weight = np.clip((_INTERAURAL - below) / 300.0, 0.0, 1.0) * (below > 80.0)
        self.interaural_weight = (self.solid * weight / weight.sum()).astype(np.float32)
        power = [np.maximum(p, 1e-3 * p.mean(axis=0)) for p in (_power(left), _power(right))]
        self.interaural_scale = (1.0 / np.sqrt(power[0] * power[1])).astype(np.float32)
        self.wanted_cross = left * np.conj(right) * self.interaural_scale
        # the lag of the greatest cross-correlation, and the slope there of the correlation by the lag
        angular = 2.0 * np.pi * below * (below < 1500.0)
        cross = np.conj(left) * right * (below < 1500.0)
        lags = np.arange(-1000e-6, 1000e-6, 2e-6)
        lag = lags[(cross @ np.exp(1j * np.outer(angular, lags)).astype(np.complex64)).real.argmax(axis=1)]
        aligned = np.exp(1j * np.outer(lag, angular))
        curvature = np.sum(angular**2 * (cross * aligned).real, axis=1)
        curvature = np.maximum(curvature, 0.01 * curvature.mean())
        self.delay_slope = (aligned * angular / (_DELAY_UNIT * curvature[:, None])).astype(np.complex64)
        # what remains at the best lag of the grid is the head's own
        self.wanted_slope = np.sum((cross * self.delay_slope).imag, axis=1)

    def _prepare_waveform(self, order: int) -> None:
        """Complex responses count up to the frequency that the order reaches: order = k r."""
        reach = 600.0 * order
        weight = np.clip(2.0 - 2.0 * self.frequencies / reach, 0.0, 1.0) * (self.frequencies > 60.0)
        power = np.maximum(_power(self.wanted).mean(axis=(0, 1)), 1e-12)
        self.waveform_weight = (self.solid * weight / (2.0 * weight.sum() * power)).astype(np.float32)

    def _prepare_diffuse_field(self, target: DecoderTarget) -> None:
        covariance = target.diffuse_covariance[: self.used]
        self.wanted_diffuse = [self.bands @ covariance[:, e, e].real for e in range(2)]
        self.wanted_shared = self.bands @ covariance[:, 0, 1]

    def filters(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Both ears' filters from the variables."""
        free = x.reshape(-1, self.channels, self.taps) * self.window
        return free if self.signs is None else np.concatenate([free, free * self.signs])

    def __call__(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        filters = self.filters(x)
        spectra = np.fft.rfft(filters, self.size, axis=-1)[..., : self.used].astype(np.complex64)
        heard = np.stack([_real_times_complex(self.harmonics, ear) for ear in spectra])
        slope = np.zeros_like(heard)  # of the cost by the conjugate of what is heard, times two
        value = self._levels(heard, slope) + self._interaural(heard, slope) + self._waveform(heard, slope)
        back = np.stack([_real_times_complex(self.harmonics.T, ear) for ear in slope])
        value += self._diffuse_field(spectra, back)
        value += float(np.sum(self.ringing_weight * filters**2))
        return value, self._to_variables(back, filters)

    def _to_variables(self, back: NDArray[np.complex64], filters: NDArray[np.float64]) -> NDArray[np.float64]:
        """The adjoint of window, mirror image and real FFT; the slope of the ringing is added here."""
        full = np.zeros((*back.shape[:2], self.size // 2 + 1), complex)
        full[..., : self.used] = back
        full[..., 1:-1] *= 0.5
        gradient = np.fft.irfft(full, self.size, axis=-1)[..., : self.taps] * self.size
        gradient = (gradient + 2.0 * self.ringing_weight * filters) * self.window
        if self.signs is not None:
            gradient = gradient[:1] + gradient[1:] * self.signs
        return gradient.ravel()

    def _levels(self, heard: NDArray[np.complex64], slope: NDArray[np.complex64]) -> float:
        power = _power(heard) @ self.bands.T + self.silence
        error = 10.0 * np.log10(power / (self.wanted_power + self.silence))
        rounded = np.sqrt(error**2 + _ROUNDING_DB**2)
        share = self.solid / (2.0 * error.shape[-1])
        by_power = share * error / rounded * (10.0 / np.log(10.0)) / power
        slope += 2.0 * (by_power @ self.bands) * heard
        return float(np.sum(share * rounded))

    def _interaural(self, heard: NDArray[np.complex64], slope: NDArray[np.complex64]) -> float:
        count = self.wanted_cross.shape[1]
        left, right = heard[..., :count]
        cross = left * np.conj(right)
        difference = cross * self.interaural_scale - self.wanted_cross
        by_cross = (2.0 * self.weights.interaural_phase) * self.interaural_weight * difference * self.interaural_scale
        value = self.weights.interaural_phase * float(np.sum(self.interaural_weight * _power(difference)))
        late = np.sum((np.conj(cross) * self.delay_slope).imag, axis=1) - self.wanted_slope
        rounded = np.sqrt(late**2 + _ROUNDING_DELAY**2)
        by_late = self.weights.interaural_delay * self.solid * (late / rounded)[:, None]
        by_cross -= (1j * by_late) * self.delay_slope
        slope[0, :, :count] += by_cross * right
        slope[1, :, :count] += np.conj(by_cross) * left
        return value + self.weights.interaural_delay * float(np.sum(self.solid[:, 0] * rounded))

    def _waveform(self, heard: NDArray[np.complex64], slope: NDArray[np.complex64]) -> float:
        difference = heard - self.wanted
        slope += (2.0 * self.weights.waveform) * self.waveform_weight * difference
        return self.weights.waveform * float(np.sum(self.waveform_weight * _power(difference)))

    def _diffuse_field(self, spectra: NDArray[np.complex64], back: NDArray[np.complex64]) -> float:
        share = self.weights.diffuse_level / len(self.bands)
        value = 0.0
        for ear in range(2):
            power = self.bands @ _power(spectra[ear]).sum(axis=0) + self.silence
            error = 10.0 * np.log10(power / (self.wanted_diffuse[ear] + self.silence))
            value += 0.5 * share * float(np.sum(error**2))
            by_power = share * error * (10.0 / np.log(10.0)) / power
            back[ear] += 2.0 * (by_power @ self.bands) * spectra[ear]
        shared = self.bands @ np.sum(spectra[0] * np.conj(spectra[1]), axis=0) - self.wanted_shared
        share = 100.0 * self.weights.diffuse_coherence / len(self.bands)
        scale = share / (self.wanted_diffuse[0] * self.wanted_diffuse[1] + self.silence**2)
        by_shared = (2.0 * scale * shared) @ self.bands
        back[0] += by_shared * spectra[1]
        back[1] += np.conj(by_shared) * spectra[0]
        return value + float(np.sum(scale * _power(shared)))


def _power(values: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    return values.real**2 + values.imag**2


def _real_times_complex(matrix: NDArray[np.float32], values: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """A real matrix product at half the cost of a complex one."""
    return (matrix @ np.ascontiguousarray(values).view(np.float32)).view(np.complex64)
