"""Recordings made into loops, and how well a loop closes."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft

_QUIET_EDGE_DB = -20.0

_JOIN_WINDOWS = (0.01, 0.05, 0.2)
"""Seconds on either side of a join over which its step of level is judged: a tick, a beat and a gust."""


def make_loop(
    signal: NDArray[np.floating], samples: int, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A seamless loop of exactly `samples` from a recording of any length.

    A longer recording is cut where start and end fit best and crossfaded. A shorter steady one is repeated with a
    crossfade; a short one with quiet ends (a bark, a single note) is placed several times with rests between. The loop
    begins where it is steadiest.

    Args:
        signal: mono, shape `(n,)`, finite, at least 10 ms long.
        samples: of the loop.
        sample_rate: Hz.
        rng: places short events.

    Returns:
        float32, shape `(samples,)`, at the level of the recording.
    """
    signal = np.asarray(signal, np.float64)
    if len(signal) < sample_rate // 100:
        raise ValueError(f"signal: expected at least 10 ms, found {len(signal)} samples")
    return rotated_to_steadiest(_closed_loop(signal, samples, sample_rate, rng), sample_rate).astype(np.float32)


def _closed_loop(
    signal: NDArray[np.floating], samples: int, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The loop of `make_loop`, begun wherever it was closed."""
    fade = min(sample_rate // 2, samples // 4)
    if len(signal) >= samples + fade:
        start = best_loop_start(signal, samples, fade, sample_rate)
        return _close(signal[start : start + samples + fade], samples)
    if _is_event(signal, sample_rate):
        return _place_events(signal, samples, sample_rate, rng)
    fade = min(fade, len(signal) // 4)
    if len(signal) >= samples:  # no room for the whole fade: what there is is used
        return _close(signal[: samples + max(1, len(signal) - samples)], samples, fade)
    copies = int(np.ceil(samples / (len(signal) - fade)))
    bounds = np.linspace(0, samples, copies + 1).astype(int)
    out = np.zeros(samples)
    for begin, end in pairwise(bounds):
        _add_faded(out, signal, begin, end - begin)
    return out


def rotated_to_steadiest(loop: NDArray[np.floating], sample_rate: int) -> NDArray[np.floating]:
    """The same closed loop, begun where its level is steadiest, so that no event falls on the join.

    A loop has no first sample of its own; a player that loses or blends a few samples where it wraps is heard least
    where nothing begins. Sought every 10 ms: where the largest step of level over several windows is smallest.

    Args:
        loop: closed, shape `(samples,)`.
        sample_rate: Hz.

    Returns:
        The loop, rotated; itself where it is too short to be judged (under 0.8 s).
    """
    hop = int(_JOIN_WINDOWS[0] * sample_rate)
    if hop < 1 or len(loop) < 4 * int(max(_JOIN_WINDOWS) * sample_rate):
        return loop
    starts = np.arange(0, len(loop), hop)
    steps = np.max([_level_steps(loop, starts, int(w * sample_rate)) for w in _JOIN_WINDOWS], axis=0)
    return np.roll(loop, -int(starts[np.argmin(steps)]))


def best_loop_start(signal: NDArray[np.floating], samples: int, fade: int, sample_rate: int) -> int:
    """Where to cut: the start whose `fade` samples look most like those that follow the loop's end.

    Likeness is the distance of third-octave levels in dB, so that level and colour go on across the join.

    Args:
        signal: shape `(n,)` with n >= samples + fade.
        samples: of the loop.
        fade: samples of the crossfade.
        sample_rate: Hz.

    Returns:
        Sample index of the loop's start.
    """
    last = len(signal) - samples - fade
    starts = np.unique(np.linspace(0, last, min(last + 1, 200)).astype(int))
    colours = [np.stack([_colour(signal[s + o : s + o + fade], sample_rate) for s in starts]) for o in (0, samples)]
    return int(starts[np.argmin(np.square(colours[0] - colours[1]).mean(axis=1))])


def join_level_step(loop: NDArray[np.floating], sample_rate: int, window: float = 0.05) -> float:
    """The step of level across a loop's join in dB, against the steps that it has elsewhere.

    Args:
        loop: shape `(samples,)`.
        sample_rate: Hz.
        window: seconds on either side of the join.

    Returns:
        How far (dB) the step of RMS from the last to the first window passes the 99th percentile of the steps between
        neighbouring windows everywhere in the loop; at most 0 where the join is like any other place.
    """
    width = int(window * sample_rate)
    everywhere = _level_steps(loop, np.arange(len(loop) // (width // 2)) * (width // 2), width)
    return float(_level_steps(loop, np.zeros(1, int), width)[0] - np.percentile(everywhere, 99))


def _level_steps(loop: NDArray[np.floating], places: NDArray[np.integer], width: int) -> NDArray[np.float64]:
    """Absolute steps of level in dB from the `width` samples before each place to those after it, round the loop."""
    samples = len(loop)
    # Three turns: both windows of every place lie whole within them.
    power = np.concatenate([[0.0], np.cumsum(np.square(np.tile(np.asarray(loop, float), 3)))])
    middle = places + samples
    floor = 1e-4 * (np.mean(np.square(loop)) + 1e-20)
    before = (power[middle] - power[middle - width]) / width + floor
    after = (power[middle + width] - power[middle]) / width + floor
    return np.abs(10 * np.log10(after / before))


def join_click(loop: NDArray[np.floating]) -> float:
    """How much the third difference across the join passes what the loop has elsewhere, as a ratio.

    Returns:
        The largest absolute third difference of the four that span the join, divided by the 99.9th percentile of all.
        A step or a kink at the join stands far above 1; a loop that closes has about 1 or less.
    """
    loop = np.asarray(loop, float)
    third = np.abs(np.diff(np.concatenate([loop[-3:], loop, loop[:3]]), 3))
    return float(np.concatenate([third[:3], third[-3:]]).max() / (np.percentile(third, 99.9) + 1e-12))


def _colour(part: NDArray[np.floating], sample_rate: int) -> NDArray[np.float64]:
    power = np.abs(np.asarray(fft.rfft(part * np.hanning(len(part))))) ** 2
    edges = 50.0 * 2 ** (np.arange(27) / 3)
    bins = np.minimum((edges * len(part) / sample_rate).astype(int), len(power) - 1)
    cumulative = np.concatenate([[0.0], np.cumsum(power)])
    return 10 * np.log10((cumulative[bins[1:] + 1] - cumulative[bins[:-1]]) / len(part) + 1e-10)


def _fades(one: NDArray[np.floating], other: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gains (in, out) that keep the power of the sum through the fade, however alike the two sounds are."""
    alike = float(np.dot(one, other) / (np.sqrt(np.dot(one, one) * np.dot(other, other)) + 1e-12))
    t = (np.arange(len(one)) + 0.5) / len(one)
    rising, falling = np.sin(t * np.pi / 2), np.cos(t * np.pi / 2)
    total = np.sqrt(np.maximum(1 + 2 * np.clip(alike, -0.5, 1) * rising * falling, 0.25))
    return rising / total, falling / total


def _close(part: NDArray[np.floating], samples: int, fade: int | None = None) -> NDArray[np.float64]:
    """Fade what follows the loop's end into its start, so that its start goes on from its end."""
    after = part[samples:] if fade is None else part[samples : samples + fade]
    out = np.array(part[:samples], float)
    rising, falling = _fades(out[: len(after)], after)
    out[: len(after)] = rising * out[: len(after)] + falling * after
    return out


def _add_faded(out: NDArray[np.float64], signal: NDArray[np.floating], begin: int, hop: int) -> None:
    """Add one copy, faded in and out over its overlap with its neighbours, wrapping round the loop."""
    overlap = len(signal) - hop
    copy = np.array(signal, float)
    rising, falling = _fades(signal[:overlap], signal[hop:])
    copy[:overlap] *= rising
    copy[hop:] *= falling
    np.add.at(out, (begin + np.arange(len(copy))) % len(out), copy)


def _is_event(signal: NDArray[np.floating], sample_rate: int) -> bool:
    edge = min(len(signal) // 8, sample_rate // 50)
    mean = np.mean(np.square(signal)) + 1e-20
    quiet = 10 ** (_QUIET_EDGE_DB / 10) * mean
    return bool(np.mean(np.square(signal[:edge])) < quiet and np.mean(np.square(signal[-edge:])) < quiet)


def _place_events(
    signal: NDArray[np.floating], samples: int, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A short event several times in the loop, with rests that differ; its ends faded over 5 ms."""
    edge = min(len(signal) // 4, sample_rate // 200)
    event = np.array(signal, float)
    event[:edge] *= np.linspace(0, 1, edge)
    event[-edge:] *= np.linspace(1, 0, edge)
    rest = max(0.6 * sample_rate, 0.5 * len(event))
    count = max(1, int(samples // (len(event) + rest)))
    out = np.zeros(samples)
    slack = samples / count - len(event)
    for index in range(count):
        begin = int(index * samples / count + rng.uniform(0, 0.6) * max(0.0, slack))
        np.add.at(out, (begin + np.arange(len(event))) % samples, event)
    return out
