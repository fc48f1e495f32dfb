"""Interaural time delay by a learned encoder of windows, and what it says of azimuth. Needs torch."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonovista.errors import InputError
from sonovista.signal.audio_files import resample
from sonovista.slfm.checkpoints import read_checkpoint
from sonovista.slfm.classical.time_delay import azimuth_from_delay
from sonovista.slfm.config import run_from
from sonovista.slfm.networks.delay import WindowEncoder
from sonovista.slfm.options import DelayOptions

SAMPLE_RATE = 16_000
PARTS = 8
"""Of a sample, in which the best delay is looked for at last: 7.8 microseconds, 0.9 degrees straight ahead."""
QUIETEST = 0.1
"""Of the loudest window's level: softer windows have no say."""
TASKS = ("stereocrw", "monoclr")


class LearnedDelay:
    """Reads delays with a trained encoder.

    Every half window of the left ear is compared with windows of the right ear at all delays; the softmax of its
    likenesses is its vote, and the delay with the most votes is looked for again between samples.

    Args:
        encoder: of windows.
        options: that it was made with.
        name: of the run.
    """

    def __init__(self, encoder: WindowEncoder, options: DelayOptions, name: str = "learned delay") -> None:
        self.encoder, self.options, self.name = encoder.eval(), options, name

    @classmethod
    def read(cls, path: str | Path) -> "LearnedDelay":
        """The encoder of a checkpoint.

        Raises:
            InputError: the file is no checkpoint, or one of another task.
        """
        from sonovista.slfm.training.build import build_objective
        from sonovista.slfm.training.delay import TimeDelayObjective
        from sonovista.slfm.training.state import load_weights

        checkpoint = read_checkpoint(path)
        run = run_from(checkpoint.run, str(path), find_data=False)
        objective = build_objective(run)
        if not isinstance(objective, TimeDelayObjective):
            raise InputError(f"{path}: expected a checkpoint of {' or '.join(TASKS)}, found one of {run.task!r}")
        load_weights(objective, checkpoint.weights, str(path))
        return cls(objective.encoder, run.networks.delay, run.name)

    @torch.no_grad()
    def delay(self, binaural: NDArray[np.floating]) -> float:
        """By how much the left ear hears earlier than the right one, seconds.

        Args:
            binaural: left ear first, 16 kHz, shape `(2, samples)`; silence gives 0.
        """
        options = self.options
        needed = options.window + 2 * options.reach + 2
        signal = np.asarray(binaural, np.float32)
        if signal.shape[1] < needed:
            signal = np.pad(signal, [(0, 0), (0, needed - signal.shape[1])])
        starts = np.arange(options.reach + 1, signal.shape[1] - options.window - options.reach, options.window // 2)
        left = np.stack([signal[0, start : start + options.window] for start in starts])
        level = np.sqrt(np.mean(np.square(left), axis=1))
        if level.max() <= 0.0:
            return 0.0
        heard = level >= QUIETEST * level.max()
        starts, code = starts[heard], self.encoder(torch.from_numpy(left[heard]))
        fine = resample(signal[1:], SAMPLE_RATE, PARTS * SAMPLE_RATE)[0]
        fine[: PARTS * signal.shape[1] : PARTS] = signal[1]  # exact where there are samples
        whole = PARTS * np.arange(-options.reach, options.reach + 1)
        coarse = int(whole[int(torch.argmax(self._votes(code, fine, starts, whole)))])
        near = np.arange(coarse - PARTS + 1, coarse + PARTS)
        near = near[np.abs(near) <= PARTS * options.reach]
        likeness = self._likeness(code, fine, starts, near).mean(dim=0)
        return float(near[int(torch.argmax(likeness))]) / (PARTS * SAMPLE_RATE)

    def azimuth(self, binaural: NDArray[np.floating]) -> float:
        """Azimuth in front by the delay and a spherical head, as for GCC-PHAT; radians, left positive."""
        return azimuth_from_delay(self.delay(binaural))

    def _votes(self, code: Tensor, fine: NDArray[np.float32], starts: NDArray[np.int64], delays: NDArray) -> Tensor:
        return torch.softmax(self._likeness(code, fine, starts, delays) / self.options.temperature, dim=1).mean(dim=0)

    def _likeness(
        self, code: Tensor, fine: NDArray[np.float32], starts: NDArray[np.int64], delays: NDArray[np.int64]
    ) -> Tensor:
        """Of each window with those of the right ear at delays in parts of a sample, shape `(windows, delays)`."""
        inside = PARTS * np.arange(self.options.window)
        rows = []
        for start, own in zip(starts, code, strict=True):
            places = PARTS * int(start) + delays[:, None] + inside
            rows.append(self.encoder(torch.from_numpy(fine[places])) @ own)
        return torch.stack(rows)
