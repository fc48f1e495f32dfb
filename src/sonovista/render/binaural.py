"""What a listener with a head hears of a scene, in blocks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.hrtf import BinauralDecoder, load_default_filters
from sonovista.render.ambience import AmbientBed
from sonovista.render.convolution import BlockDecoder
from sonovista.render.encoder import SceneEncoder
from sonovista.render.limiter import soft_limit
from sonovista.render.long_convolution import LongConvolver
from sonovista.render.reverberation import binaural_tail
from sonovista.render.sound_loops import clean_sound
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene


class BinauralRenderer:
    """Renders a scene to two ears, block by block, at any pose: for real time and offline alike.

    Every source is encoded relative to the listener into one Ambisonic bus, which the head's filters decode; the cost
    of decoding does not grow with the sources. Beside the bus go the ambience, which has no direction, and the
    reverberation of the scene's room, one for all sources. Delay and Doppler, air and obstacles are heard where the
    scene's acoustics have them. The listener's gain in the scene's document applies to everything. A soft limiter keeps
    every sample within +-1 (`render.limiter`).

    One thread renders; poses, gains and source positions may be set from others at any time.

    Args:
        scene: with a mono 48 kHz sound for every source.
        order: Ambisonic order, 1 to 7.
        block_size: samples of a block.
        hrtf: decoder of that order at 48 kHz; by default MIT KEMAR.

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
        self._encoder = SceneEncoder(scene, order, block_size, with_ambience=False)
        self._decoder = BlockDecoder(decoder, block_size)
        self._ambient = np.flatnonzero(self._encoder.ambient)
        self._bed_gains = np.zeros(self._ambient.size, np.float32)
        beds = [clean_sound(scene.sounds[self.source_ids[i]]) for i in self._ambient]
        self._bed = AmbientBed(beds, decoder, block_size) if beds else None
        acoustics = scene.document.acoustics
        room = acoustics.room
        self._tail = None if room is None else LongConvolver(binaural_tail(room, acoustics, decoder), block_size)
        self._pose: tuple[ArrayLike, ArrayLike] = (np.zeros(3), np.eye(3))
        self._started = False

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Of the sources, in the document's order."""
        return self._encoder.source_ids

    def set_gain(self, source_id: str, gain: float) -> None:
        """Scale a source from the next block on, without a click; 0 mutes it. See `SceneEncoder.set_gain`."""
        self._encoder.set_gain(source_id, gain)

    def move_source(self, source_id: str, position: ArrayLike) -> None:
        """Take a source to a place, reached at the end of the next block. See `SceneEncoder.move_source`."""
        self._encoder.move_source(source_id, position)

    def set_pose(self, position: ArrayLike, R_world_listener: ArrayLike) -> None:
        """Where blocks that are rendered without a pose will be heard from; both parts change together.

        Args:
            position: of the head's centre, metres, world frame, shape `(3,)`.
            R_world_listener: takes listener vectors (x forward, y left, z up) to the world, shape `(3, 3)`.
        """
        self._pose = (np.array(position, float), np.array(R_world_listener, float))

    def jump_to(self, position: ArrayLike, R_world_listener: ArrayLike) -> None:
        """Take a pose at once, as after a cut: the next block's motion begins there."""
        self._pose = (position, R_world_listener)
        self._encoder.jump_to(position, R_world_listener)
        self._take_ambience()
        self._started = True

    def render_block(
        self,
        position: ArrayLike | None = None,
        R_world_listener: ArrayLike | None = None,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Render the next block; the listener reaches the pose at its end.

        Args:
            position: of the head's centre, metres, world frame, shape `(3,)`; None for that of the last `set_pose`.
            R_world_listener: takes listener vectors (x forward, y left, z up) to the world, shape `(3, 3)`; None
                likewise. A pose that is not finite or no rotation is ignored, and the last good one stays.
            out: where to write, shape `(2, block_size)`, float32.

        Returns:
            `out`, or a new array: left ear, right ear, within +-1, finite.
        """
        if out is None:
            out = np.empty((2, self.block_size), np.float32)
        elif out.shape != (2, self.block_size) or out.dtype != np.float32:
            raise ValueError(f"out must be float32 of shape (2, {self.block_size}), found {out.dtype} {out.shape}")
        pose = self._pose
        self._encoder.encode_block(
            pose[0] if position is None else position, pose[1] if R_world_listener is None else R_world_listener
        )
        if not self._started:
            self._take_ambience()
            self._started = True
        ears = self._decoder.decode(self._encoder.field)
        if self._bed is not None:
            self._bed.set_gains(self._ambient_gains())
            ears += self._bed.render_block()
        if self._tail is not None:
            self._tail.process(self._encoder.send, ears)
        soft_limit(ears, out)
        return out

    def _ambient_gains(self) -> NDArray[np.float32]:
        return np.take(self._encoder.gains, self._ambient, out=self._bed_gains, mode="clip")

    def _take_ambience(self) -> None:
        if self._bed is not None:
            self._bed.set_gains(self._ambient_gains())
            self._bed.jump()

    def reset(self) -> None:
        """Start again from the beginning of every sound, in silence."""
        self._encoder.reset()
        self._decoder.reset()
        if self._bed is not None:
            self._bed.reset()
        if self._tail is not None:
            self._tail.reset()
        self._started = False
