"""A scene's sources, encoded block by block into one Ambisonic bus."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import channel_count, recurrence_coefficients
from sonovista.render.encoder_kernels import CHUNK, source_coefficients
from sonovista.render.pose import SafePose
from sonovista.render.propagation import Propagation
from sonovista.render.ramped_mixer import RampedMixer
from sonovista.render.room_sends import RoomSends
from sonovista.render.sound_loops import SoundLoops, scene_sounds
from sonovista.render.source_motion import SourceMotion
from sonovista.render.source_table import SourceTable
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene

LARGEST_GAIN = 1000.0
_SETTLING = 4  # where a moving source was when its sound left depends on how long that took


class SceneEncoder:
    """Encodes every source of a scene relative to the listener's pose; sounds loop from their beginning.

    A point source has the coefficients `gain * sigma(d) * y(direction)`, an area source the mean of these over its
    points, ambience W only; `sigma` is the scene's distance law, without its absorption where the air absorbs by
    frequency. Between poses coefficients change in a straight line over the block, sample by sample: no motion and no
    mute clicks. Delays, air and obstacles are `Propagation`'s.

    Attributes:
        field: the bus, shape `(channels, block_size)`, float32; `encode_block` overwrites it.
        send: what the room hears of all sources by their amplitudes at 1 m, shape `(block_size,)`, likewise; silence
            where the scene has no room.
        gains: of each source at the end of the block, linear, float32, shape `(S,)`.

    Args:
        scene: with a sound for every source.
        order: Ambisonic order, 0 to 7.
        block_size: samples of a block.
        with_ambience: whether ambience is in the bus.

    Raises:
        ValueError: the order or block size cannot be used, or a source lacks its sound, its place or its points.
    """

    def __init__(self, scene: Scene, order: int, block_size: int = 256, with_ambience: bool = True) -> None:
        if block_size < 1:
            raise ValueError(f"block_size must be positive, found {block_size}")
        document = scene.document
        self.order = order
        self.channels = channel_count(order)
        self.block_size = block_size
        self._table = table = SourceTable(document)
        self._loops = SoundLoops(scene_sounds(scene))
        self._mixer = RampedMixer(len(table), self.channels + 1, block_size)
        self._coefficients = self._mixer.target[: len(table), : self.channels]
        self._sends = self._mixer.target[: len(table), self.channels]
        self.field: NDArray[np.float32] = self._mixer.bus[: self.channels]
        self.send: NDArray[np.float32] = self._mixer.bus[self.channels]
        self.gains: NDArray[np.float32] = np.empty(len(table), np.float32)
        self._user_gains = np.ones(len(table))
        self._ambient_in_bus = table.ambient & with_ambience
        self._absorption = np.float32(0.0 if document.acoustics.air else document.acoustics.absorption_per_metre)
        self._minimum_distance = np.float32(document.acoustics.minimum_distance)
        self._motion = SourceMotion(document)
        self._propagation = Propagation(scene, table, len(self._mixer.signals), block_size)
        self._room = None if document.acoustics.room is None else RoomSends(document.acoustics.room, table)
        diagonal, first, second = recurrence_coefficients(order)
        self._recurrence = (diagonal.astype(np.float32), first.astype(np.float32), second.astype(np.float32))
        self._scratch = np.zeros((8, CHUNK), np.float32)
        self._values = np.zeros((max(16, self.channels), CHUNK), np.float32)
        self._position = np.zeros(3, np.float32)
        self._rotation = np.zeros((3, 3), np.float32)
        self._pose = SafePose()
        self._samples = 0
        self._started = False

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Of the sources, in the document's order."""
        return self._table.ids

    @property
    def ambient(self) -> NDArray[np.bool_]:
        """Which sources have no place, shape `(S,)`."""
        return self._table.ambient

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
        self._user_gains[self._table.index[source_id]] = gain

    def move_source(self, source_id: str, position: ArrayLike) -> None:
        """Take a source to a place, reached at the end of the next block; it leaves the path in its document.

        Args:
            source_id: of a point or area source.
            position: of its centroid, metres, world frame, shape `(3,)`.

        Raises:
            KeyError: no such source.
            ValueError: an ambient source, or a position that is not three finite numbers.
        """
        index = self._table.index[source_id]
        if self._table.ambient[index]:
            raise ValueError(f"source {source_id!r} is everywhere and cannot be moved")
        self._motion.move(index, np.asarray(position, float) - self._table.centroids[index])

    def coefficients(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> NDArray[np.float32]:
        """Ambisonic coefficients of every source at a pose, shape `(sources, channels)`.

        The array is the encoder's own and is overwritten by the next call.

        Args:
            position: metres, world frame, shape `(3,)`.
            R_world_listener: takes listener vectors to the world, shape `(3, 3)`; None for world-aligned axes.
        """
        self._pose.update(position, R_world_listener)
        self._position[:] = self._pose.position
        self._rotation[:] = self._pose.R_world_listener
        np.multiply(self._table.gains, self._user_gains, out=self.gains, casting="same_kind")
        source_coefficients(
            self._table.points,
            self._table.bounds,
            self._motion.shifts,
            self.gains,
            self._position,
            self._rotation,
            self._absorption,
            self._minimum_distance,
            self.order,
            *self._recurrence,
            self._scratch,
            self._values,
            self._mixer.target,
        )
        np.copyto(self._coefficients[:, 0], self.gains, where=self._ambient_in_bus)
        return self._coefficients

    def _approach(self, position: ArrayLike, R_world_listener: ArrayLike | None, samples: int) -> None:
        """Set what is reached when so many samples have gone by."""
        self._motion.follow(samples / SAMPLE_RATE, self._propagation.lag)
        self.coefficients(position, R_world_listener)
        self._propagation.approach(self._pose.position, self._motion.shifts)
        if self._room is not None:
            self._room.shares(self._motion.shifts, self.gains, self._sends)

    def encode_block(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> NDArray[np.float32]:
        """Write the next block to `field` and return it; the pose is reached at its end.

        The first block has the pose's coefficients throughout.
        """
        if not self._started:
            self._settle(position, R_world_listener, self._samples + self.block_size)
        else:
            self._approach(position, R_world_listener, self._samples + self.block_size)
        self._propagation.read(self._loops, self._mixer.signals)
        self._loops.advance(self.block_size)
        self._samples += self.block_size
        self._mixer.mix()
        return self.field

    def jump_to(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> None:
        """Take a pose at once: the next block's ramp begins there."""
        self._settle(position, R_world_listener, self._samples)

    def _settle(self, position: ArrayLike, R_world_listener: ArrayLike | None, samples: int) -> None:
        for _ in range(_SETTLING):
            self._approach(position, R_world_listener, samples)
            self._propagation.jump()
        self._mixer.jump()
        self._started = True

    def reset(self) -> None:
        """Start again: every sound and path from its beginning, the first block without a ramp."""
        self._loops.reset()
        self._propagation.reset()
        self._samples = 0
        self._started = False
