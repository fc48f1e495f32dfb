"""Camera rotation from the binauralizer alone: ask it what a sound ahead becomes, and hear where that is."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonovista.slfm.features.spectrograms import complex_spectrogram
from sonovista.slfm.networks.binauralizer import Binauralizer
from sonovista.slfm.options import AudioOptions
from sonovista.slfm.streams.ears import Ears
from sonovista.slfm.streams.places import SAMPLE_RATE
from sonovista.slfm.streams.sounds import Sounds
from sonovista.slfm.training.batches import audio_features

ANGLES_DEG = np.arange(-90, 91)
PROMPTS = 1024
_WIDTH_DEG = 3.0


def estimate_by_prompting(
    model: Binauralizer,
    audio: AudioOptions,
    images: Tensor,
    sounds: Sounds,
    ears: Ears,
    prompts: int = PROMPTS,
    seed: int = 0,
    batch: int = 32,
) -> NDArray[np.float64]:
    """How far cameras turned, radians, left positive, from many prompts each.

    A prompt is a sound straight ahead, heard by a head without a room. The model is told that the source view hears it
    and makes of its mono mix what the target view hears; the level difference of that, frequency by frequency, is
    looked up among those of the same sound from -90 to 90 degrees; the source's azimuth there, negated, is the
    prompt's vote, and the densest of all votes is the answer.

    Args:
        model: trained on mono to binaural.
        audio: its encoder's options.
        images: source and target view, shape `(N, 2, 3, h, w)`.
        sounds: clean ones.
        ears: to make prompts with.
        prompts: how many for each pair.
        seed: of the prompts.
        batch: prompts that are run at once.

    Returns:
        Shape `(N,)`.

    Source: the paper, appendix A.1, eq. 11.
    """
    model.eval()
    rng = np.random.default_rng(seed)
    votes = np.zeros((len(images), prompts))
    with torch.no_grad():
        embeddings = torch.cat([model.pair_embeddings(pair[None])[:, 0] for pair in images])
        for start in range(0, prompts, batch):
            count = min(batch, prompts - start)
            made = [_prompt(sounds, ears, rng) for _ in range(count)]
            heard = torch.from_numpy(np.stack([audio_features(ahead, audio) for ahead, _ in made]))
            source = model.audio.encoder(heard)
            mono = torch.from_numpy(np.stack([complex_spectrogram(ahead.sum(axis=0)) for ahead, _ in made]))
            for pair, embedding in enumerate(embeddings):
                condition = torch.cat([embedding.expand(count, -1), source], dim=1)
                difference = model.unet(mono, condition)
                left, right = 0.5 * (mono + difference), 0.5 * (mono - difference)
                found = level_difference_of(left.numpy(), right.numpy())
                for number, (_, table) in enumerate(made):
                    nearest = np.abs(table - found[number]).sum(axis=1).argmin()
                    votes[pair, start + number] = -ANGLES_DEG[nearest]
    return np.radians([densest(each) for each in votes])


def level_difference_of(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log ratio of the ears' mean levels in each frequency bin: `(..., 2, bins, frames)` to `(..., bins)`."""
    levels = [np.sqrt(np.square(ear).sum(axis=-3)).mean(axis=-1) for ear in (left, right)]
    floor = 1e-4 * max(float(levels[0].max()), float(levels[1].max()), 1e-9)
    return np.log10(levels[0] + floor) - np.log10(levels[1] + floor)


def densest(votes: NDArray[np.float64], width: float = _WIDTH_DEG) -> float:
    """The mean of those votes that lie about the vote with most others near it (a mode, as RANSAC finds it)."""
    near = np.abs(votes[:, None] - votes[None]) <= width
    best = int(near.sum(axis=1).argmax())
    return float(votes[near[best]].mean())


def _prompt(sounds: Sounds, ears: Ears, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A sound ahead, `(2, samples)`, and the level differences that it has from every angle, `(181, bins)`."""
    from scipy.signal import oaconvolve

    samples = round(2.55 * SAMPLE_RATE)
    sound = sounds.piece(rng, samples)
    responses = ears.responses[len(ears.responses) // 2]
    ahead = oaconvolve(sound[None], responses[0], axes=1)[:, :samples].astype(np.float32)
    spectra = np.abs(np.fft.rfft(responses[ANGLES_DEG % 360], 512, axis=-1))[..., :256]
    level = np.log10(spectra[:, 0] + 1e-4) - np.log10(spectra[:, 1] + 1e-4)
    return ahead, level
