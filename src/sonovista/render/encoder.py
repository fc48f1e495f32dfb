"""A scene's sources, encoded block by block into one Ambisonic bus."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import channel_count, recurrence_coefficients
from sonovista.render.encoder_kernels import CHUNK, mix_block, source_coefficients
from sonovista.render.pose import SafePose
from sonovista.scene.document import Source
from sonovista.scene.scene import Scene

LOUDEST_SAMPLE = 16.0
"""Samples of sounds are clamped to this, and to 0 where they are not finite."""
LARGEST_GAIN = 1000.0


class SceneEncoder:
    """Encodes every source of a scene relative to the listener's pose; sounds loop from their beginning.

    A point source has the coefficients `gain * sigma(d) * y(direction)`, an area source the mean of these over its
    points, ambience W only; `sigma` is the scene's distance law. Between poses coefficients change in a straight line
    over the block, sample by sample, so motion and mutes never click.

    Args:
        scene: with a sound for every source.
        order: Ambisonic order, 0 to 7.
        block_size: samples of a block.

    Raises:
        ValueError: the order or block size cannot be used, or a source lacks its sound, its place or its points.
    """

    def __init__(self, scene: Scene, order: int, block_size: int = 256) -> None:
        if block_size < 1:
            raise ValueError(f"block_size must be positive, found {block_size}")
        document = scene.document
        channels, sources = channel_count(order), len(document.sources)
        self.order = order
        self.block_size = block_size
        self.acoustics = document.acoustics
        self.source_ids = tuple(source.id for source in document.sources)
        self._index = {identifier: i for i, identifier in enumerate(self.source_ids)}
        listener_gain = _linear(document.listener.gain_db)
        self._base_gains = np.array([listener_gain * _linear(source.gain_db) for source in document.sources], float)
        self._user_gains = np.ones(sources)
        self._gains = np.empty(sources)
        self._ambient = np.array([source.kind == "ambient" for source in document.sources], np.uint8)
        self._points, self._owners, self._shares = _gather_points(document.sources)
        self._loops, self._starts, self._lengths = _gather_sounds(scene)
        self._cursors = np.zeros(sources, np.int64)
        self._recurrence = recurrence_coefficients(order)
        self._scratch = np.zeros((8, CHUNK))
        self._values = np.zeros((channels, CHUNK))
        self._before = np.zeros((sources, channels))
        self._after = np.zeros((sources, channels))
        self._ramp = (np.arange(1, block_size + 1) / block_size).astype(np.float32)
        self._samples = np.zeros((2, block_size), np.float32)
        self._pose = SafePose()
        self._started = False

    @property
    def channels(self) -> int:
        """Of the bus: `(order + 1) ** 2`."""
        return self._before.shape[1]

    def set_gain(self, source_id: str, gain: float) -> None:
        """Scale a source from the next block on, ramped over that block; 0 mutes it.

        Args:
            source_id: as in the scene's document.
            gain: linear, 0 to 1000, on top of the gains in the document.

        Raises:
            KeyError: no such source.
            ValueError: the gain is negative, too large or not finite.
        """
        if not 0.0 <= gain <= LARGEST_GAIN:
            raise ValueError(f"gain must be 0 to {LARGEST_GAIN:g}, found {gain}")
        self._user_gains[self._index[source_id]] = gain

    def coefficients(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> NDArray[np.float64]:
        """Ambisonic coefficients of every source at a pose, shape `(sources, channels)`.

        The array is the encoder's own and is overwritten by the next call.

        Args:
            position: metres, world frame, shape `(3,)`.
            R_world_listener: takes listener vectors to the world, shape `(3, 3)`; None for world-aligned axes.
        """
        self._pose.update(position, R_world_listener)
        np.multiply(self._base_gains, self._user_gains, out=self._gains)
        source_coefficients(
            self._points,
            self._owners,
            self._shares,
            self._ambient,
            self._gains,
            self._pose.position,
            self._pose.R_world_listener,
            self.acoustics.absorption_per_metre,
            self.acoustics.minimum_distance,
            self.order,
            *self._recurrence,
            self._scratch,
            self._values,
            self._after,
        )
        return self._after

    def encode_block(self, position: ArrayLike, R_world_listener: ArrayLike | None, bus: NDArray[np.float32]) -> None:
        """Write the next block to `bus`, shape `(channels, block_size)`, float32; the pose is reached at its end.

        The first block has the pose's coefficients throughout.
        """
        self.coefficients(position, R_world_listener)
        if not self._started:
            self._before[:] = self._after
            self._started = True
        mix_block(
            self._loops,
            self._starts,
            self._lengths,
            self._cursors,
            self._before,
            self._after,
            self._ramp,
            self._samples,
            bus,
        )

    def jump_to(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> None:
        """Take a pose at once: the next block's ramp begins there."""
        self._before[:] = self.coefficients(position, R_world_listener)
        self._started = True

    def reset(self) -> None:
        """Start again: every sound from its beginning, the first block without a ramp."""
        self._cursors[:] = 0
        self._started = False


def _linear(gain_db: float) -> float:
    return 10.0 ** (gain_db / 20.0)


def source_points(source: Source) -> NDArray[np.float64]:
    """Where a source sounds from, metres, shape `(points, 3)`; none for ambience, the centroid where it has no points.

    Raises:
        ValueError: a point or area source without a position.
    """
    if source.kind == "ambient":
        return np.zeros((0, 3))
    if source.kind == "area" and source.points:
        return np.array(source.points, float)
    if source.position is None:
        raise ValueError(f"source {source.id!r}: expected a position, found none")
    return np.array([source.position], float)


def _gather_points(
    sources: list[Source],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    places = [source_points(source) for source in sources]
    counts = np.array([len(place) for place in places], np.int64)
    points = np.concatenate([*places, np.zeros((0, 3))]).T
    owners = np.repeat(np.arange(len(sources)), counts)
    return np.ascontiguousarray(points), owners, 1.0 / counts[owners] if len(owners) else np.zeros(0)


def clean_sound(sound: ArrayLike) -> NDArray[np.float32]:
    """A loop of at least one sample, finite and within `LOUDEST_SAMPLE`."""
    cleaned = np.nan_to_num(np.asarray(sound, np.float32).reshape(-1), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(cleaned, -LOUDEST_SAMPLE, LOUDEST_SAMPLE) if cleaned.size else np.zeros(1, np.float32)


def _gather_sounds(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    sounds = []
    for source in scene.document.sources:
        if source.id not in scene.sounds:
            raise ValueError(f"source {source.id!r}: the scene holds no sound for it")
        sounds.append(clean_sound(scene.sounds[source.id]))
    lengths = np.array([len(sound) for sound in sounds], np.int64)
    starts = np.cumsum(lengths) - lengths
    return np.concatenate([*sounds, np.zeros(1, np.float32)]), starts, lengths
