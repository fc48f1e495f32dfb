"""Heads that tests can compute with."""

import numpy as np

from sonovista.ambisonics import HRTFSet

RADIUS, SPEED, RATE = 0.0875, 343.0, 48_000


def fibonacci(count: int) -> np.ndarray:
    """Evenly spread unit vectors."""
    index = np.arange(count) + 0.5
    z = 1.0 - 2.0 * index / count
    turn = np.pi * (1.0 + 5.0**0.5) * index
    return np.stack([np.sqrt(1.0 - z * z) * np.cos(turn), np.sqrt(1.0 - z * z) * np.sin(turn), z], axis=-1)


def two_microphones(directions: np.ndarray, samples: int = 128, delay: float = 40.0) -> HRTFSet:
    """Microphones at the ears' places without a head: pure delays."""
    arrivals = delay - RADIUS / SPEED * RATE * np.stack([directions[:, 1], -directions[:, 1]], axis=1)
    return HRTFSet(np.sinc(np.arange(samples) - arrivals[..., None]), directions, RATE, delay, "two microphones")


def interaural_delay(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Microseconds by which the right ear hears later, from frequencies below 1.5 kHz; time is the last axis."""
    size, upsampling = 4096, 8
    spectrum = np.conj(np.fft.rfft(left, size)) * np.fft.rfft(right, size)
    spectrum[..., np.fft.rfftfreq(size, 1 / RATE) > 1500.0] = 0.0
    correlation = np.fft.fftshift(np.fft.irfft(spectrum, size * upsampling), axes=-1)
    return (np.argmax(correlation, axis=-1) - size * upsampling // 2) / (RATE * upsampling) * 1e6
