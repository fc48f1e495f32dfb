"""Clean sounds to be heard from somewhere: files in a folder, or noise where there are none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.signal.audio_files import read_audio

SAMPLE_RATE = 16_000
LOWEST_RMS, HIGHEST_RMS = 0.07, 0.13
_ENDINGS = {".wav", ".flac", ".ogg", ".mp3", ".aiff"}


class Sounds(Protocol):
    """Gives pieces of clean mono sound."""

    def piece(self, rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
        """A piece at 16 kHz, shape `(samples,)`, with an RMS of 0.07 to 0.13."""
        ...


class SoundFolder:
    """Pieces of the sound files below a folder, read when first wanted and kept; a file's weight is its length.

    Args:
        folder: to look in, at any depth.

    Raises:
        InputError: there are no sound files.
    """

    def __init__(self, folder: str | Path) -> None:
        self.paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in _ENDINGS)
        if not self.paths:
            raise InputError(f"{folder}: expected sound files ({', '.join(sorted(_ENDINGS))}), found none")
        self._kept: dict[int, NDArray[np.float32]] = {}

    def piece(self, rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
        """A piece of a file drawn at random; short files repeat. Nearly silent pieces are drawn again."""
        index = 0
        for _ in range(20):
            index = int(rng.integers(len(self.paths)))
            if index not in self._kept:
                self._kept[index] = read_audio(self.paths[index], SAMPLE_RATE, channels=1)[0]
            whole = self._kept[index]
            if len(whole) < samples:
                whole = np.tile(whole, -(-samples // len(whole)))
            start = int(rng.integers(len(whole) - samples + 1))
            piece = whole[start : start + samples]
            if np.sqrt(np.mean(np.square(piece))) > 1e-3:
                return with_rms(piece, rng)
        raise InputError(f"{self.paths[index]}: expected sound, found silence wherever it was looked for")


class SeveralSounds:
    """Pieces of several collections, each as likely as the others."""

    def __init__(self, collections: Sequence[Sounds]) -> None:
        self.collections = list(collections)

    def piece(self, rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
        """A piece of one of them."""
        return self.collections[int(rng.integers(len(self.collections)))].piece(rng, samples)


class VariedSounds:
    """Pieces that are changed as they are drawn, so that few recordings teach much.

    Speed and with it pitch move by up to a factor of 1.3, the spectrum is tilted by up to 3 dB an octave, and one piece
    in four has another laid under it. All of this happens before the sound is in a place: where it comes from is heard
    as before.

    Args:
        sounds: that are changed.
        narrowed: share of the pieces that are then made narrow: a band of them, a few of their partials, or notes that
            last in their place.
    """

    FASTEST, STEEPEST, TOGETHER, QUIETEST_DB = 1.3, 0.5, 0.25, -10.0

    def __init__(self, sounds: Sounds, narrowed: float = 0.0) -> None:
        self.sounds, self.narrowed = sounds, narrowed

    def piece(self, rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
        """A changed piece."""
        out = self._changed(rng, samples)
        if self.narrowed > 0.0 and rng.random() < self.narrowed:
            kind = int(rng.integers(3))
            out = sustained_notes(rng, samples) if kind == 0 else narrowed(out, rng, partials=kind == 1)
        if rng.random() < self.TOGETHER:
            gain = 10.0 ** (rng.uniform(self.QUIETEST_DB, 0.0) / 20.0)
            out = (out + gain * self._changed(rng, samples)).astype(np.float32)
        return with_rms(out, rng)

    def _changed(self, rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
        speed = self.FASTEST ** rng.uniform(-1.0, 1.0)
        piece = self.sounds.piece(rng, int(np.ceil(samples * speed)) + 64)
        piece = soxr.resample(piece, SAMPLE_RATE * speed, SAMPLE_RATE, quality="LQ")[:samples]
        spectrum = np.asarray(scipy.fft.rfft(piece))
        frequency = np.maximum(np.fft.rfftfreq(len(piece), 1.0 / SAMPLE_RATE), 50.0)
        tilt = (frequency / 1000.0) ** rng.uniform(-self.STEEPEST, self.STEEPEST)
        return with_rms(np.asarray(scipy.fft.irfft(spectrum * tilt.astype(np.float32), len(piece)), np.float32), rng)


def narrowed(piece: NDArray[np.float32], rng: np.random.Generator, partials: bool) -> NDArray[np.float32]:
    """What is left of a piece in a band of 0.5 to 2 octaves about 150 Hz to 4 kHz, or around the partials of a tone.

    Args:
        piece: shape `(samples,)`, 16 kHz.
        rng: to draw from.
        partials: keep 1 to 8 multiples of a frequency of 80 to 1000 Hz, each 10 to 60 Hz wide.
    """
    spectrum = np.asarray(scipy.fft.rfft(piece))
    frequency = np.fft.rfftfreq(len(piece), 1.0 / SAMPLE_RATE)
    if partials:
        lowest, count = 80.0 * 12.5 ** rng.random(), int(rng.integers(1, 9))
        number = np.clip(np.round(frequency / lowest), 1, count)
        gain = np.exp(-0.5 * ((frequency - number * lowest) / rng.uniform(5.0, 30.0)) ** 2) * number ** -rng.uniform(
            0, 1
        )
    else:
        centre, width = 150.0 * 26.7 ** rng.random(), rng.uniform(0.25, 1.0)
        gain = np.exp(-0.5 * (np.log2(np.maximum(frequency, 1.0) / centre) / width) ** 2)
    return with_rms(np.asarray(scipy.fft.irfft(spectrum * np.float32(gain), len(piece)), np.float32), rng)


def sustained_notes(rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
    """Notes one after the other, each 0.2 to 1.5 s of 1 to 8 partials of 80 to 1000 Hz and up; shape `(samples,)`."""
    out = np.zeros(samples, np.float32)
    begin = 0
    while begin < samples:
        length = min(int(rng.uniform(0.2, 1.5) * SAMPLE_RATE), samples - begin)
        time = np.arange(length, dtype=np.float32) / SAMPLE_RATE
        lowest, slope = 80.0 * 12.5 ** rng.random(), rng.uniform(0.3, 2.0)
        note = np.zeros(length, np.float32)
        for number in range(1, int(rng.integers(2, 10))):
            if number * lowest < 0.45 * SAMPLE_RATE:
                phase = rng.uniform(0.0, 2.0 * np.pi)
                note += np.float32(number**-slope) * np.sin(np.float32(2.0 * np.pi * number * lowest) * time + phase)
        edge = np.minimum(1.0, np.minimum(time, time[::-1]) / np.float32(0.02))
        out[begin : begin + length] = note * edge * np.exp(-time * rng.uniform(0.0, 4.0)) * rng.uniform(0.3, 1.0)
        begin += length
    return with_rms(out, rng)


class Noise:
    """Noise whose spectrum falls and whose level comes and goes, for tests and where no sounds are at hand."""

    def piece(self, rng: np.random.Generator, samples: int) -> NDArray[np.float32]:
        """Noise of its own slope (0 to 6 dB an octave), in bursts of about 0.2 s."""
        spectrum = np.fft.rfft(rng.standard_normal(samples))
        frequency = np.maximum(np.fft.rfftfreq(samples, 1.0 / SAMPLE_RATE), 100.0)
        noise = np.fft.irfft(spectrum * frequency ** -rng.uniform(0.0, 1.0), samples)
        level = np.interp(
            np.arange(samples),
            np.arange(0, samples + 3200, 3200),
            rng.uniform(0.05, 1.0, samples // 3200 + 1 + (samples % 3200 > 0)),
        )
        return with_rms((noise * level).astype(np.float32), rng)


def with_rms(signal: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The signal at an RMS drawn evenly from 0.07 to 0.13, as in the original code."""
    wanted = rng.uniform(LOWEST_RMS, HIGHEST_RMS)
    rms = max(float(np.sqrt(np.mean(np.square(signal), dtype=np.float64))), 1e-8)
    return (signal * (wanted / rms)).astype(np.float32)


def moments(rng: np.random.Generator, views: int, samples: int, whole: int) -> NDArray[np.int64]:
    """Where the views' moments of one sound start: steps of 0.5 s without replacement, and a common offset to 50 ms.

    Args:
        rng: to draw from.
        views: how many.
        samples: of a moment.
        whole: samples of the sound.
    """
    offset = int(rng.integers(0, 800))
    starts = np.arange(0, max(1, whole - samples - offset + 1), 8000)
    return offset + rng.choice(starts, views, replace=len(starts) < views)
