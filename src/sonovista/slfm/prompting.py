"""Camera rotation from the binauralizer alone: ask it what a sound ahead becomes, and hear where that is."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import oaconvolve
from torch import Tensor

from sonovista.errors import InputError
from sonovista.slfm.features.spectrograms import BINS, FFT, complex_spectrogram
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
    rotations: Tensor | None = None,
) -> NDArray[np.float64]:
    """How far cameras turned, radians, left positive, from many prompts each.

    A prompt is a sound straight ahead, heard by a head without a room. The model is told that the source view hears it
    and makes of its mono mix what the target view hears; the level difference of that, frequency by frequency, is
    looked up among those of the same sound from -90 to 90 degrees; the source's azimuth there, negated, is the
    prompt's vote, and the densest of all votes is the answer.

    Args:
        model: trained on mono to binaural, with the source view's sound.
        audio: its encoder's options; prompts are as long as the sounds that it was given.
        images: source and target view, shape `(N, 2, 3, h, w)`.
        sounds: clean ones.
        ears: to make prompts with.
        prompts: how many for each pair.
        seed: of the prompts.
        batch: prompts that are run at once.
        rotations: for the variant that is told true rotations in place of pictures, shape `(N, 2)`, radians.

    Returns:
        Shape `(N,)`.

    Raises:
        InputError: the model cannot be asked: it has another target, or knows nothing of turns or of the source's
            sound.

    Source: the paper, appendix A.1, eq. 11.
    """
    if not can_be_prompted(model):
        raise InputError("prompting: expected a model of mono to binaural, by sight and source sound; found another")
    if model.options.ground_truth_rotation and rotations is None:
        raise InputError("prompting: expected rotations for a model that is told them, found none")
    model.eval()
    rng = np.random.default_rng(seed)
    responses = ears.responses[len(ears.responses) // 2]
    table = _level_differences(responses)
    samples = round(audio.seconds * SAMPLE_RATE)
    votes = np.zeros((len(images), prompts))
    told = torch.zeros(len(images), 2) if rotations is None else rotations
    with torch.no_grad():
        turns = [model.turn_embeddings(images[n : n + 1], told[n : n + 1])[:, 0] for n in range(len(images))]
        for start in range(0, prompts, batch):
            made = [_prompt(sounds, responses[0], samples, rng) for _ in range(min(batch, prompts - start))]
            source = model.audio.encoder(torch.from_numpy(np.stack([audio_features(ahead, audio) for ahead in made])))
            mono = torch.from_numpy(np.stack([complex_spectrogram(ahead.sum(axis=0)) for ahead in made]))
            for pair, turn in enumerate(turns):
                difference = model.unet(mono, torch.cat([turn.expand(len(made), -1).float(), source.float()], dim=1))
                left, right = 0.5 * (mono + difference), 0.5 * (mono - difference)
                found = level_difference_of(left.numpy(), right.numpy())
                nearest = np.abs(table - found[:, None]).sum(axis=2).argmin(axis=1)
                votes[pair, start : start + len(made)] = -ANGLES_DEG[nearest]
    return np.radians([densest(each) for each in votes])


def can_be_prompted(model: Binauralizer) -> bool:
    """Whether a model was trained on mono to binaural, knows of turns and is given the source view's sound."""
    return model.options.target == "mono_to_binaural" and model.options.source_audio and model.turns


def level_difference_of(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log ratio of the ears' mean levels in each frequency bin: `(..., 2, bins, frames)` to `(..., bins)`."""
    levels = np.stack([np.sqrt(np.square(ear).sum(axis=-3)).mean(axis=-1) for ear in (left, right)])
    floor = 1e-4 * np.maximum(levels.max(axis=(0, -1)), 1e-9)[..., None]  # of each sound by itself
    return np.log10(levels[0] + floor) - np.log10(levels[1] + floor)


def densest(votes: NDArray[np.float64], width: float = _WIDTH_DEG) -> float:
    """The mean of those votes that lie about the vote with most others near it (a mode, as RANSAC finds it)."""
    near = np.abs(votes[:, None] - votes[None]) <= width
    best = int(near.sum(axis=1).argmax())
    return float(votes[near[best]].mean())


def _prompt(
    sounds: Sounds, response: NDArray[np.float32], samples: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A sound as both ears hear it from ahead, `(2, samples)`."""
    return oaconvolve(sounds.piece(rng, samples)[None], response, axes=1)[:, :samples].astype(np.float32)


def _level_differences(responses: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log ratio of the ears' levels at each of `ANGLES_DEG`, of responses a degree apart; shape `(181, 256)`."""
    spectra = np.abs(np.fft.rfft(responses[ANGLES_DEG % 360], FFT, axis=-1))[..., :BINS]
    return np.log10(spectra[:, 0] + 1e-4) - np.log10(spectra[:, 1] + 1e-4)
