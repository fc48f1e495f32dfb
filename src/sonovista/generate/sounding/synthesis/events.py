"""Loops of many short events: the kernels that add them, wrapping round the end of the loop to its start."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_FLOOR = 1e-4  # -80 dB: where an event has died away


@njit(cache=True, fastmath=True)
def _add_damped_sines(out, sample_rate, start, frequency, decay, amplitude, sweep, attack):
    samples = len(out)
    step = 1.0 / sample_rate
    for event in range(len(start)):
        length = int(np.log(1.0 / _FLOOR) / decay[event] * sample_rate) + 1
        if sweep[event] != 0.0:
            # a rising bubble stays below half the Nyquist frequency
            stop = (0.45 * sample_rate - frequency[event]) / sweep[event]
            if stop > 0.0:
                length = min(length, int(stop * sample_rate))
        angle = 2 * np.pi * frequency[event] * step
        phasor = 1.0 + 0.0j
        turn = np.cos(angle) + 1j * np.sin(angle)
        bend_angle = 2 * np.pi * sweep[event] * step * step
        bend = np.cos(bend_angle) + 1j * np.sin(bend_angle)
        fall = np.exp(-decay[event] * step)
        rise = np.exp(-(decay[event] + 1.0 / max(attack[event], step)) * step)
        slow = amplitude[event]
        fast = amplitude[event]
        place = int(start[event]) % samples
        for _ in range(length):
            out[place] += (slow - fast) * phasor.imag
            phasor *= turn
            turn *= bend
            slow *= fall
            fast *= rise
            place += 1
            if place == samples:
                place = 0


@njit(cache=True, fastmath=True)
def _add_noise_grains(out, sample_rate, start, frequency, bandwidth, decay, amplitude, attack, seed):
    samples = len(out)
    step = 1.0 / sample_rate
    state = np.uint32(seed)
    for event in range(len(start)):
        length = int(np.log(1.0 / _FLOOR) / decay[event] * sample_rate) + 1
        radius = np.exp(-np.pi * bandwidth[event] * step)
        first = 2 * radius * np.cos(2 * np.pi * min(frequency[event], 0.45 * sample_rate) * step)
        second = -radius * radius
        # power of the resonator's noise response, so that `amplitude` is the grain's RMS at its start
        gain = np.sqrt((1 + second) * ((1 - second) ** 2 - first * first) / (1 - second)) * np.sqrt(3.0)
        fall = np.exp(-decay[event] * step)
        rise = np.exp(-(decay[event] + 1.0 / max(attack[event], step)) * step)
        slow = amplitude[event] * gain
        fast = slow
        one, two = 0.0, 0.0
        place = int(start[event]) % samples
        for _ in range(length):
            state = np.uint32(state * np.uint32(1664525) + np.uint32(1013904223))
            white = np.float64(state) / 2147483648.0 - 1.0
            value = white + first * one + second * two
            two = one
            one = value
            out[place] += (slow - fast) * value
            slow *= fall
            fast *= rise
            place += 1
            if place == samples:
                place = 0


def add_damped_sines(
    out: NDArray[np.float64],
    sample_rate: float,
    start: NDArray[np.floating],
    frequency: NDArray[np.floating] | float,
    decay: NDArray[np.floating] | float,
    amplitude: NDArray[np.floating] | float,
    sweep: NDArray[np.floating] | float = 0.0,
    attack: NDArray[np.floating] | float = 0.0,
) -> None:
    """Add `amplitude exp(-decay t) (1 - exp(-t / attack)) sin(2 pi (frequency t + sweep t^2 / 2))` for each event.

    Args:
        out: the loop, shape `(samples,)`, changed in place.
        sample_rate: Hz.
        start: seconds, shape `(events,)`; taken modulo the loop.
        frequency: Hz. This and the rest are broadcast to `(events,)`.
        decay: 1/s, positive.
        amplitude: linear.
        sweep: Hz/s.
        attack: seconds.
    """
    start = np.asarray(start, float)
    parameters = (frequency, decay, amplitude, sweep, attack)
    pitch, fall, strength, bend, rise = (np.array(np.broadcast_to(p, start.shape), float) for p in parameters)
    _add_damped_sines(out, float(sample_rate), start * sample_rate, pitch, fall, strength, bend, rise)


def add_noise_grains(
    out: NDArray[np.float64],
    sample_rate: float,
    start: NDArray[np.floating],
    frequency: NDArray[np.floating] | float,
    bandwidth: NDArray[np.floating] | float,
    decay: NDArray[np.floating] | float,
    amplitude: NDArray[np.floating] | float,
    rng: np.random.Generator,
    attack: NDArray[np.floating] | float = 0.0,
) -> None:
    """Add bursts of noise through a resonance of `frequency` and `bandwidth` Hz; the rest as `add_damped_sines`."""
    start = np.asarray(start, float)
    parameters = (frequency, bandwidth, decay, amplitude, attack)
    centre, width, fall, strength, rise = (np.array(np.broadcast_to(p, start.shape), float) for p in parameters)
    seed = int(rng.integers(1, 2**31))
    _add_noise_grains(out, float(sample_rate), start * sample_rate, centre, width, fall, strength, rise, seed)


def poisson_times(
    seconds: float, rate: float, rng: np.random.Generator, intensity: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """Moments of a Poisson process on the loop.

    Args:
        seconds: length of the loop.
        rate: events per second on average.
        rng: source of randomness.
        intensity: relative rate over the loop, any number of steps, not negative; uniform where None.

    Returns:
        Seconds, shape `(events,)`, at least one event, unsorted.
    """
    count = max(1, int(rng.poisson(rate * seconds)))
    if intensity is None:
        return rng.uniform(0, seconds, count)
    cumulative = np.concatenate([[0.0], np.cumsum(np.maximum(intensity, 0) + 1e-12)])
    grid = np.linspace(0, seconds, len(cumulative))
    return np.interp(rng.uniform(0, cumulative[-1], count), cumulative, grid)


def add_wrapped(out: NDArray[np.float64], start: int, grain: NDArray[np.floating]) -> None:
    """Add `grain` into the loop from sample `start` on, wrapping as often as it must."""
    samples = len(out)
    start %= samples
    while len(grain) > 0:
        part = min(len(grain), samples - start)
        out[start : start + part] += grain[:part]
        grain, start = grain[part:], 0


def whole_cycles(frequency: NDArray[np.floating], sample_rate: float) -> NDArray[np.float64]:
    """Phase in cycles of an oscillator that follows `frequency` (Hz, per sample), bent so that the loop closes."""
    phase = np.concatenate([[0.0], np.cumsum(np.asarray(frequency, float))]) / sample_rate
    return phase[:-1] * (max(1.0, np.round(phase[-1])) / phase[-1])


def unit(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same loop at an RMS of one."""
    return signal / (np.sqrt(np.mean(signal**2)) + 1e-12)
