"""What comes from everywhere, as two ears hear it."""

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.hrtf import BinauralDecoder, diffuse_filters
from sonovista.render.ramped_mixer import RampedMixer
from sonovista.render.sound_loops import SoundLoops


def diffuse_loop(sound: NDArray[np.float32], decoder: BinauralDecoder) -> NDArray[np.float32]:
    """A looped sound as the decoder's head hears it from everywhere alike, on both ears, shape `(2, samples)`.

    It has the head's diffuse-field response and interaural coherence and does not depend on where the head looks, so it
    is made once for the whole loop. Through the Ambisonic bus an ambience would be W alone, which a decoder of least
    squared magnitudes gives no flat response.
    """
    filters = diffuse_filters(decoder).astype(float)
    taps, samples = filters.shape[1], sound.size
    kernel = np.zeros((2, samples))
    place = (np.arange(taps) - taps // 2 + decoder.delay) % samples  # as late as everything else
    for ear in range(2):
        np.add.at(kernel[ear], place, filters[ear])
    spectrum = np.fft.rfft(sound.astype(float)) * np.fft.rfft(kernel, axis=1)
    return np.fft.irfft(spectrum, samples, axis=1).astype(np.float32)


class AmbientBed:
    """The ambient sources of a scene, straight to the ears; gains change in a straight line over a block.

    Args:
        sounds: clean loops of the ambient sources.
        decoder: whose head listens.
        block_size: samples of a block.
    """

    def __init__(self, sounds: list[NDArray[np.float32]], decoder: BinauralDecoder, block_size: int) -> None:
        ears = [diffuse_loop(sound, decoder) for sound in sounds]
        self._loops = SoundLoops([ear for pair in ears for ear in pair])
        self._mixer = RampedMixer(2 * len(sounds), 2, block_size)
        self._block_size = block_size

    def set_gains(self, gains: NDArray[np.floating]) -> None:
        """Linear gains at the end of the next block, one for each source."""
        self._mixer.target[0 : 2 * len(gains) : 2, 0] = gains
        self._mixer.target[1 : 2 * len(gains) : 2, 1] = gains

    def jump(self) -> None:
        """Take the gains at once."""
        self._mixer.jump()

    def render_block(self) -> NDArray[np.float32]:
        """The next block at both ears; a view of shape `(2, block_size)` that the next call overwrites."""
        self._loops.read(self._mixer.signals)
        self._loops.advance(self._block_size)
        self._mixer.mix()
        return self._mixer.bus

    def reset(self) -> None:
        """Back to the beginning of every loop."""
        self._loops.reset()
