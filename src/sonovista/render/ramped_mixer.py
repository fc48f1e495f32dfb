"""Signals into a bus, by coefficients that never step."""

import numpy as np

from sonovista.render.mixing_kernels import mix


class RampedMixer:
    """Mixes signals into a bus; between blocks every coefficient goes in a straight line, sample by sample.

    Attributes:
        signals: what is mixed, shape `(signals, block)`, float32; more rows than asked for, which stay silent.
        target: coefficients at the end of the next block, shape `(signals, channels)`, float32, likewise.
        bus: what comes out, shape `(channels, block)`, float32, likewise.

    Args:
        signals: how many.
        channels: of the bus.
        block_size: samples of a block.
    """

    def __init__(self, signals: int, channels: int, block_size: int) -> None:
        rows, columns = -(-signals // 4) * 4, -(-channels // 2) * 2  # as the kernel takes them
        self.signals = np.zeros((rows, block_size), np.float32)
        self.target = np.zeros((rows, columns), np.float32)
        self.bus = np.zeros((columns, block_size), np.float32)
        self._before = np.zeros((rows, columns), np.float32)
        self._ramp = (np.arange(1, block_size + 1) / block_size).astype(np.float32)

    def jump(self) -> None:
        """Take the target at once: the next block's ramp begins there."""
        self._before[:] = self.target

    def mix(self) -> None:
        """Fill the bus with one block; its last sample has the target's coefficients."""
        mix(self.signals, self._before, self.target, self._ramp, self.bus)
