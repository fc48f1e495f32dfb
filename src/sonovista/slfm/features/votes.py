"""Which side is louder: the one thing that is known of a sound's direction without learning."""

import numpy as np
from numpy.typing import NDArray

from sonovista.slfm.features.spectrograms import HOP, short_time_spectra


def left_right_vote(binaural: NDArray[np.floating]) -> tuple[float, float]:
    """Let every frame vote for the louder ear.

    Args:
        binaural: left ear first, 16 kHz, shape `(2, samples)`.

    Returns:
        1 for left, -1 for right, 0 for a tie; and the share of frames that agree, in [0.5, 1]. Frames of silence
        have no vote.

    Source: the paper, section 3.2 and appendix A.4 (mean magnitude over frequency, log ratio, sign, majority).
    """
    magnitude = np.abs(short_time_spectra(binaural, HOP)).mean(axis=1)
    ratio = np.log(np.maximum(magnitude[0], 1e-9)) - np.log(np.maximum(magnitude[1], 1e-9))
    votes = np.sign(ratio[magnitude.max(axis=0) > 1e-6])
    total = float(votes.sum())
    return float(np.sign(total)), 0.5 + 0.5 * abs(total) / max(1, len(votes))
