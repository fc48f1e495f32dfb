"""A scene's sources, encoded block by block into one Ambisonic bus."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import channel_count, recurrence_coefficients
from sonovista.render.encoder_kernels import CHUNK, source_coefficients
from sonovista.render.pose import SafePose
from sonovista.render.ramped_mixer import RampedMixer
from sonovista.render.sound_loops import SoundLoops, scene_sounds
from sonovista.render.source_table import SourceTable
from sonovista.scene.scene import Scene

LARGEST_GAIN = 1000.0


class SceneEncoder:
    """Encodes every source of a scene relative to the listener's pose; sounds loop from their beginning.

    A point source has the coefficients `gain * sigma(d) * y(direction)`, an area source the mean of these over its
    points, ambience W only; `sigma` is the scene's distance law. Between poses coefficients change in a straight line
    over the block, sample by sample, so motion and mutes never click.

    Attributes:
        field: the bus, shape `(channels, block_size)`, float32; `encode_block` overwrites it.

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
        self.acoustics = document.acoustics
        self._table = table = SourceTable(document)
        self._loops = SoundLoops(scene_sounds(scene))
        self._mixer = RampedMixer(len(table), self.channels, block_size)
        self.field: NDArray[np.float32] = self._mixer.bus[: self.channels]
        self._user_gains = np.ones(len(table))
        self._gains = np.empty(len(table), np.float32)
        self._ambient = table.ambient & with_ambience
        self._shifts = np.zeros((len(table), 3), np.float32)
        self._recurrence = tuple(part.astype(np.float32) for part in recurrence_coefficients(order))
        self._scratch = np.zeros((8, CHUNK), np.float32)
        self._values = np.zeros((max(16, self.channels), CHUNK), np.float32)
        self._position = np.zeros(3, np.float32)
        self._rotation = np.zeros((3, 3), np.float32)
        self._pose = SafePose()
        self._started = False

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Of the sources, in the document's order."""
        return self._table.ids

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
        np.multiply(self._table.gains, self._user_gains, out=self._gains, casting="same_kind")
        coefficients = self._mixer.target
        source_coefficients(
            self._table.points,
            self._table.bounds,
            self._shifts,
            self._gains,
            self._position,
            self._rotation,
            np.float32(self.acoustics.absorption_per_metre),
            np.float32(self.acoustics.minimum_distance),
            self.order,
            *self._recurrence,
            self._scratch,
            self._values,
            coefficients,
        )
        np.copyto(coefficients[: len(self._table), 0], self._gains, where=self._ambient)
        return coefficients[: len(self._table), : self.channels]

    def encode_block(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> NDArray[np.float32]:
        """Write the next block to `field` and return it; the pose is reached at its end.

        The first block has the pose's coefficients throughout.
        """
        self.coefficients(position, R_world_listener)
        if not self._started:
            self._mixer.jump()
            self._started = True
        self._loops.read(self._mixer.signals)
        self._loops.advance(self.block_size)
        self._mixer.mix()
        return self.field

    def jump_to(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> None:
        """Take a pose at once: the next block's ramp begins there."""
        self.coefficients(position, R_world_listener)
        self._mixer.jump()
        self._started = True

    def reset(self) -> None:
        """Start again: every sound from its beginning, the first block without a ramp."""
        self._loops.reset()
        self._started = False
