"""Dry sounds through an example's impulse responses: what its ears hear, made when it is read.

As in the paper, sounds and responses are kept apart, and the views of one example hear different moments of the same
sound, so that nothing is learned by comparing waveforms. Source: Chen et al., "Sound Localization from Motion" (ICCV
2023), section 4, and its released code.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sonovista.simulate.example import SAMPLE_RATE, Example
from sonovista.simulate.sounds import DrySounds

EXCERPT_CLIPS = 3
"""The dry sound of an example is so many clips long; its views hear moments of it."""


class ListeningOptions(BaseModel):
    """How examples are listened to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(default=2.55, gt=0.1, le=30.0, description="Of each view's clip.")
    indirect_ratio: float = Field(default=1.0, ge=0.0, le=4.0, description="Factor of the indirect sound.")
    quietest_rms: float = Field(default=0.07, gt=0.0, le=1.0)
    loudest_rms: float = Field(default=0.13, gt=0.0, le=1.0)
    least_dominance_db: float = Field(default=0.0, description="Of the first source over each other, before the room.")
    most_dominance_db: float = Field(default=40.0)
    noise: bool = Field(default=False, description="Add Gaussian noise.")
    least_snr_db: float = Field(default=10.0, description="Of the noise.")
    most_snr_db: float = Field(default=40.0, description="Of the noise.")
    moment_step: float = Field(default=0.5, gt=0.0, description="Seconds between the moments that views may hear.")
    moment_jitter: float = Field(default=0.05, ge=0.0, description="Seconds; moves all moments of an example.")
    same_moment: bool = Field(default=False, description="All views hear the same moment.")
    keep_sources: bool = Field(default=False, description="Give each source's part too.")

    @model_validator(mode="after")
    def _ordered(self) -> "ListeningOptions":
        for low, high in (
            ("quietest_rms", "loudest_rms"),
            ("least_dominance_db", "most_dominance_db"),
            ("least_snr_db", "most_snr_db"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} must be at most {high}")
        return self


@dataclass(frozen=True)
class HeardExample:
    """An example as networks learn from it.

    Attributes:
        key: set, scene and pair, as in `room-0003/pair-0007`.
        scene: its name.
        views: RGB, shape `(V, h, w, 3)`, uint8.
        binaural: what the ears at each view hear of all sources, left first, 16 kHz, shape `(V, 2, samples)`, float32.
        azimuths: of every source for every view, radians, left positive, in (-pi, pi], shape `(S, V)`; the first source
            is the dominant one.
        rotations: of every view from the first, radians, left positive, in (-pi, pi], shape `(V,)`.
        rt60: seconds, measured, mean over ears, shape `(S, V)`; of the whole response, at ratio 1.
        sources: each source's part of `binaural`, shape `(S, V, 2, samples)`, or None.
        depth: metres along rays, shape `(V, h, w)`, or None.
    """

    key: str
    scene: str
    views: NDArray[np.uint8]
    binaural: NDArray[np.float32]
    azimuths: NDArray[np.float64]
    rotations: NDArray[np.float64]
    rt60: NDArray[np.float64]
    sources: NDArray[np.float32] | None = None
    depth: NDArray[np.float32] | None = None


def listen(
    example: Example, sounds: DrySounds, options: ListeningOptions, rng: np.random.Generator, key: str = ""
) -> HeardExample:
    """Give an example's sources sounds and listen at its views.

    Args:
        example: with impulse responses.
        sounds: dry; every source takes an excerpt of its own.
        options: lengths and levels.
        rng: decides excerpts, moments, levels and noise.
        key: of the result.

    Raises:
        InputError: a sound is silent or cannot be read.
    """
    samples = round(options.seconds * SAMPLE_RATE)
    count, views = len(example.viewpoints.sources), len(example.viewpoints.cameras)
    dry = np.stack([sounds.excerpt(EXCERPT_CLIPS * options.seconds, rng) for _ in range(count)])
    dry = dry * _gains(dry, options, rng)[:, None]
    starts = _moments(views, dry.shape[1] - samples, options, rng)
    responses = options.indirect_ratio * example.indirect
    responses[..., : example.direct.shape[-1]] += example.direct
    parts = np.empty((count, views, 2, samples), np.float32)
    for view, start in enumerate(starts):
        parts[:, view] = convolved(dry, responses[:, view], start, samples)
    mixture = parts.sum(axis=0)
    if options.noise:
        snr = rng.uniform(options.least_snr_db, options.most_snr_db)
        level = np.sqrt(np.mean(mixture.astype(np.float64) ** 2)) * 10.0 ** (-snr / 20.0)
        mixture = mixture + (level * rng.standard_normal(mixture.shape)).astype(np.float32)
    return HeardExample(
        key,
        example.scene,
        example.images,
        mixture,
        example.viewpoints.azimuths,
        example.viewpoints.rotations,
        example.rt60.mean(axis=-1),
        parts if options.keep_sources else None,
        example.depth,
    )


def convolved(
    dry: NDArray[np.floating], responses: NDArray[np.floating], start: int, samples: int
) -> NDArray[np.float32]:
    """A part of dry sounds through responses, with what still rings from before it.

    Args:
        dry: shape `(S, length)`.
        responses: shape `(S, 2, taps)`.
        start: first sample of the part.
        samples: its length.

    Returns:
        Shape `(S, 2, samples)`.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    taps = responses.shape[-1]
    before = max(0, start - taps + 1)
    part = dry[:, before : start + samples]
    size = next_fast_len(part.shape[1] + taps - 1, real=True)
    spectra = np.asarray(rfft(part.astype(np.float32), size))[:, None] * np.asarray(rfft(responses, size))
    wet = np.asarray(irfft(spectra, size))
    return np.asarray(wet[..., start - before : start - before + samples], np.float32)


def _gains(dry: NDArray[np.floating], options: ListeningOptions, rng: np.random.Generator) -> NDArray[np.float32]:
    """Factors that bring the first sound to its level and the others below it."""
    rms = np.maximum(np.sqrt(np.mean(dry.astype(np.float64) ** 2, axis=1)), 1e-6)
    level = rng.uniform(options.quietest_rms, options.loudest_rms)
    below = rng.uniform(options.least_dominance_db, options.most_dominance_db, len(dry))
    below[0] = 0.0
    return (level * 10.0 ** (-below / 20.0) / rms).astype(np.float32)


def _moments(views: int, last: int, options: ListeningOptions, rng: np.random.Generator) -> NDArray[np.int64]:
    """First samples of what each view hears: different moments as long as there are enough, all moved by one jitter."""
    step = round(options.moment_step * SAMPLE_RATE)
    jitter = int(rng.uniform(0.0, options.moment_jitter) * SAMPLE_RATE)
    moments = np.arange(0, max(1, last - jitter + 1), step)
    chosen = rng.choice(moments, views, replace=views > len(moments))
    if options.same_moment:
        chosen = np.full(views, chosen[0])
    return np.minimum(chosen + jitter, max(0, last))
