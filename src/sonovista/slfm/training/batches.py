"""Examples -> batches of tensors; the same numbers give the same batch in every run."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sonovista.errors import InputError
from sonovista.slfm.config import Task
from sonovista.slfm.features.delay_segments import mono_segments, stereo_segment
from sonovista.slfm.features.pictures import as_input
from sonovista.slfm.features.spatial import spatial_features
from sonovista.slfm.features.spectrograms import complex_spectrogram, magnitude_and_phase
from sonovista.slfm.features.votes import left_right_vote
from sonovista.slfm.options import AudioOptions, NetworkOptions
from sonovista.slfm.streams.protocol import ExampleStream, Views

_NO_PICTURE = np.zeros((3, 0, 0), np.float32)


@dataclass
class Batch:
    """B examples of V views.

    Attributes:
        features: of binaural sound, shape `(B, V, 4, bands, frames)`.
        images: shape `(B, V, 3, h, w)`.
        votes: 1 left, -1 right, 0 neither, shape `(B, V)`.
        azimuths: radians, for evaluation and supervised training alone, shape `(B, V)`.
        rotations: of each camera from the first, likewise, shape `(B, V)`.
        spectrograms: complex ones of left and right, shape `(B, V, 2, 2, 256, frames)`, or an empty tensor.
        estimated: rotations from the first view as estimated beforehand, shape `(B, V)`, or `(B, 0)`.
        segments: of sound that windows are cut from, shape `(B, V, 2, window + nodes - 1)`, or an empty tensor.
    """

    features: Tensor
    images: Tensor
    votes: Tensor
    azimuths: Tensor
    rotations: Tensor
    spectrograms: Tensor
    estimated: Tensor
    segments: Tensor = field(default_factory=lambda: torch.zeros(0))

    def to(self, device: torch.device | str) -> "Batch":
        """The same on a device."""
        return Batch(*(getattr(self, entry.name).to(device, non_blocking=True) for entry in fields(self)))

    def rotation_of(self, pairs: list[tuple[int, int]]) -> Tensor:
        """True rotations of pairs of views, `(B, pairs)`."""
        return torch.stack([self.rotations[:, t] - self.rotations[:, s] for s, t in pairs], dim=1)

    def estimated_rotation_of(self, pairs: list[tuple[int, int]]) -> Tensor:
        """Rotations of pairs of views as estimated beforehand, `(B, pairs)`.

        Raises:
            InputError: they were not.
        """
        if self.estimated.shape[1] == 0:
            raise InputError("geometry.table_rotation: expected `rotations` in the options of the split, found none")
        return torch.stack([self.estimated[:, t] - self.estimated[:, s] for s, t in pairs], dim=1)

    @property
    def has_pictures(self) -> bool:
        """Whether there is something to see."""
        return self.images.numel() > 0


def audio_features(binaural: NDArray[np.float32], options: AudioOptions) -> NDArray[np.float32]:
    """What the binaural encoder is given of `(2, samples)` at 16 kHz."""
    return spatial_features(binaural) if options.features == "spatial" else magnitude_and_phase(binaural)


class ExampleBatches(torch.utils.data.Dataset[Batch]):
    """Batch by number.

    Args:
        stream: of examples.
        networks: whose inputs are wanted.
        size: examples in a batch.
        first: number of the first batch, where training resumes.
        count: of batches.
        rank: of this process among `world` processes, each of which gets other examples.
        world: processes.
        task: what is trained: the pretext wants complex spectrograms, time delays want segments in place of features.
    """

    def __init__(
        self,
        stream: ExampleStream,
        networks: NetworkOptions,
        size: int,
        first: int = 0,
        count: int = 1,
        rank: int = 0,
        world: int = 1,
        task: Task = "geometry",
    ) -> None:
        self.stream, self.networks, self.size = stream, networks, size
        self.first, self.count, self.rank, self.world = first, count, rank, world
        self.task: Task = task

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, item: int) -> Batch:
        if not 0 <= item < self.count:
            raise IndexError(item)
        start = ((self.first + item) * self.world + self.rank) * self.size
        return self.collate([self.stream.example(start + offset) for offset in range(self.size)], start)

    def collate(self, examples: list[Views], start: int = 0) -> Batch:
        """Tensors of examples, the first of which has the number `start`."""
        vision, audio = self.networks.vision, self.networks.audio
        images = [
            [as_input(i, vision.image_width, vision.image_height) if i.size else _NO_PICTURE for i in e.images]
            for e in examples
        ]
        segments = self._segments(examples, start)
        features = [] if segments.size else [[audio_features(b, audio) for b in e.binaural] for e in examples]
        votes = [[left_right_vote(b)[0] for b in e.binaural] for e in examples]
        spectra = np.zeros(0, np.float32)
        if self.task == "pretext":
            spectra = np.array([[[complex_spectrogram(c) for c in b] for b in e.binaural] for e in examples])
        arrays = (
            np.array(features, np.float32),
            np.array(images),
            np.array(votes, np.float32),
            np.array([e.azimuths for e in examples], np.float32),
            np.array([e.rotations for e in examples], np.float32),
            spectra,
            np.array([[] if e.estimated_rotations is None else e.estimated_rotations for e in examples], np.float32),
            segments,
        )
        return Batch(*(torch.from_numpy(array) for array in arrays))

    def _segments(self, examples: list[Views], start: int) -> NDArray[np.float32]:
        if self.task not in ("stereocrw", "monoclr"):
            return np.zeros(0, np.float32)
        cut = stereo_segment if self.task == "stereocrw" else mono_segments
        delay = self.networks.delay
        samples = delay.window + delay.starts + 2 * delay.reach - 1
        return np.array(
            [
                [cut(b, samples, np.random.default_rng([31, start + k, view])) for view, b in enumerate(e.binaural)]
                for k, e in enumerate(examples)
            ]
        )


def iterate(batches: ExampleBatches, workers: int = 0) -> Iterator[Batch]:
    """All batches in their order, made by `workers` other processes where that is not 0."""
    if workers == 0:
        for number in range(len(batches)):
            yield batches[number]
        return
    loader = torch.utils.data.DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=2)
    yield from loader
