"""What a listener with a head hears of a scene, in blocks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.hrtf import BinauralDecoder, load_default_filters
from sonovista.render.convolution import BlockDecoder
from sonovista.render.encoder import SceneEncoder
from sonovista.render.limiter import soft_limit
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene


class BinauralRenderer:
    """Renders a scene to two ears, block by block, at any pose: for real time and offline alike.

    Every source is encoded relative to the listener into one Ambisonic bus, which the head's filters decode; the cost
    of decoding does not grow with the sources. The listener's gain in the scene's document applies to everything. A
    soft limiter keeps every sample within +-1 (`render.limiter`).

    Args:
        scene: with a mono 48 kHz sound for every source.
        order: Ambisonic order, 1 to 7.
        block_size: samples of a block.
        hrtf: decoder of that order at 48 kHz; by default MIT KEMAR, magnitude least squares.

    Raises:
        ValueError: the order, block size or decoder does not fit, or a source lacks its sound or place.
    """

    def __init__(
        self, scene: Scene, order: int = 3, block_size: int = 256, hrtf: BinauralDecoder | None = None
    ) -> None:
        decoder = load_default_filters(order) if hrtf is None else hrtf
        if decoder.order != order:
            raise ValueError(f"the decoder must have order {order}, found {decoder.order}")
        if decoder.sample_rate != SAMPLE_RATE:
            raise ValueError(f"the decoder must be for {SAMPLE_RATE} Hz, found {decoder.sample_rate}")
        self.block_size = block_size
        self.latency = decoder.delay
        """Samples between a sound's start and its passing the listener's head."""
        self._encoder = SceneEncoder(scene, order, block_size)
        self._decoder = BlockDecoder(decoder, block_size)

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Of the sources, in the document's order."""
        return self._encoder.source_ids

    def set_gain(self, source_id: str, gain: float) -> None:
        """Scale a source from the next block on, without a click; 0 mutes it. See `SceneEncoder.set_gain`."""
        self._encoder.set_gain(source_id, gain)

    def jump_to(self, position: ArrayLike, R_world_listener: ArrayLike) -> None:
        """Take a pose at once, as after a cut: the next block's motion begins there."""
        self._encoder.jump_to(position, R_world_listener)

    def render_block(
        self, position: ArrayLike, R_world_listener: ArrayLike, out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Render the next block; the listener reaches the pose at its end.

        Args:
            position: of the head's centre, metres, world frame, shape `(3,)`.
            R_world_listener: takes listener vectors (x forward, y left, z up) to the world, shape `(3, 3)`. A pose
                that is not finite or no rotation is ignored, and the last good one stays.
            out: where to write, shape `(2, block_size)`, float32.

        Returns:
            `out`, or a new array: left ear, right ear, within +-1, finite.
        """
        if out is None:
            out = np.empty((2, self.block_size), np.float32)
        elif out.shape != (2, self.block_size) or out.dtype != np.float32:
            raise ValueError(f"out must be float32 of shape (2, {self.block_size}), found {out.dtype} {out.shape}")
        self._encoder.encode_block(position, R_world_listener)
        soft_limit(self._decoder.decode(self._encoder.field), out)
        return out

    def reset(self) -> None:
        """Start again from the beginning of every sound, in silence."""
        self._encoder.reset()
        self._decoder.reset()
