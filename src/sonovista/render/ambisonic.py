"""The sound field of a scene at a place, in blocks of Ambisonic signals."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.render.encoder import SceneEncoder
from sonovista.render.long_convolution import LongConvolver
from sonovista.render.reverberation import ambisonic_tail
from sonovista.scene.scene import Scene


class AmbisonicRenderer:
    """Renders a scene to Ambisonic signals (AmbiX: ACN, SN3D), with the world's axes unless a rotation is given.

    Delay, air, obstacles and the room's reverberation are heard as in `BinauralRenderer`; the reverberation is a
    diffuse field, the same for every rotation. The listener's gain in the scene's document applies; there is no
    limiter, so samples may exceed 1.

    Args:
        scene: with a mono 48 kHz sound for every source.
        order: 0 to 7.
        block_size: samples of a block.

    Raises:
        ValueError: the order or block size cannot be used, or a source lacks its sound or place.
    """

    def __init__(self, scene: Scene, order: int = 1, block_size: int = 256) -> None:
        self.block_size = block_size
        self._encoder = SceneEncoder(scene, order, block_size)
        acoustics = scene.document.acoustics
        room = acoustics.room
        self._tail = None if room is None else LongConvolver(ambisonic_tail(room, acoustics, order), block_size)

    @property
    def channels(self) -> int:
        """`(order + 1) ** 2`."""
        return self._encoder.channels

    def set_gain(self, source_id: str, gain: float) -> None:
        """Scale a source from the next block on, without a click; 0 mutes it. See `SceneEncoder.set_gain`."""
        self._encoder.set_gain(source_id, gain)

    def move_source(self, source_id: str, position: ArrayLike) -> None:
        """Take a source to a place, reached at the end of the next block. See `SceneEncoder.move_source`."""
        self._encoder.move_source(source_id, position)

    def jump_to(self, position: ArrayLike, R_world_listener: ArrayLike | None = None) -> None:
        """Take a pose at once, as after a cut: the next block's motion begins there."""
        self._encoder.jump_to(position, R_world_listener)

    def render_block(
        self,
        position: ArrayLike,
        R_world_listener: ArrayLike | None = None,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Render the next block; the listener reaches the pose at its end.

        Args:
            position: metres, world frame, shape `(3,)`.
            R_world_listener: shape `(3, 3)`, for signals in the axes of a microphone that turns; None: the world's.
            out: where to write, shape `(channels, block_size)`, float32.

        Returns:
            `out`, or a new array.
        """
        shape = (self.channels, self.block_size)
        if out is None:
            out = np.empty(shape, np.float32)
        elif out.shape != shape or out.dtype != np.float32:
            raise ValueError(f"out must be float32 of shape {shape}, found {out.dtype} {out.shape}")
        out[:] = self._encoder.encode_block(position, R_world_listener)
        if self._tail is not None:
            self._tail.process(self._encoder.send, out)
        return out
