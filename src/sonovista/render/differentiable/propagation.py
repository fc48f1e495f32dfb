"""What happens to each source's sound on its way: time passes, air and obstacles dull it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sonovista.acoustics.occlusion import HIDDEN_CUTOFF_HZ, HIDDEN_GAIN, OPEN_CUTOFF_HZ
from sonovista.render.air_filter import FARTHEST, NEAR
from sonovista.render.differentiable.recursion import first_order_recursion


@dataclass
class Visibility:
    """How much of every source is seen from where: the tensors of an `OcclusionMap`.

    Attributes:
        values: in [0, 1], shape `(sources, nx, ny, nz)`.
        origin: metres, shape `(3,)`.
        spacing: metres.
    """

    values: Tensor
    origin: Tensor
    spacing: float


def visibility(seen: Visibility, positions: Tensor) -> Tensor:
    """Of every source from every position, trilinear as `acoustics.occlusion.visibility`: `(positions, sources)`."""
    counts = torch.tensor(seen.values.shape[1:], dtype=positions.dtype, device=positions.device)
    place = torch.minimum(((positions - seen.origin) / seen.spacing).clamp_min(0.0), counts - 1.0)
    low = torch.floor(place.detach())
    share = place - low
    low = low.to(torch.int64)
    high = torch.minimum(low + 1, counts.to(torch.int64) - 1)
    total = torch.zeros(len(positions), seen.values.shape[0], dtype=positions.dtype, device=positions.device)
    for corner in range(8):
        ends = [(corner >> axis) & 1 for axis in range(3)]
        x, y, z = (high[:, axis] if end else low[:, axis] for axis, end in enumerate(ends))
        weights = [share[:, axis] if end else 1.0 - share[:, axis] for axis, end in enumerate(ends)]
        total = total + (weights[0] * weights[1] * weights[2])[:, None] * seen.values[:, x, y, z].T
    return total


def absorb_in_air(signals: Tensor, table: Tensor, distances: Tensor, block_size: int) -> Tensor:
    """Filter signals by what air takes on the way, coefficients in straight lines over every block.

    Args:
        signals: shape `(sources, blocks * block_size)`.
        table: of `render.air_filter.air_filter_table`, shape `(nodes, 3)`.
        distances: metres at the ends of blocks, shape `(sources, blocks + 1)`.
        block_size: samples.
    """
    nodes = table.shape[0]
    place = torch.log1p(distances.clamp_max(FARTHEST) / NEAR) * float((nodes - 1) / np.log1p(FARTHEST / NEAR))
    low = torch.floor(place.detach()).to(torch.int64).clamp_max(nodes - 2)
    share = (place - low)[..., None]
    coefficients = table[low] + share * (table[low + 1] - table[low])
    b0, b1, pole = along_blocks(coefficients.movedim(-1, 0), block_size)
    earlier = torch.nn.functional.pad(signals, (1, 0))[..., :-1]
    return first_order_recursion(b0 * signals + b1 * earlier, pole)


def hide(signals: Tensor, visible: Tensor, sample_rate: int, block_size: int) -> Tensor:
    """Soften and dull signals by how much of their sources is seen, as `acoustics.occlusion` says.

    Args:
        signals: shape `(sources, blocks * block_size)`.
        visible: in [0, 1] at the ends of blocks, shape `(sources, blocks + 1)`.
        sample_rate: Hz.
        block_size: samples.
    """
    cutoff = HIDDEN_CUTOFF_HZ * (OPEN_CUTOFF_HZ / HIDDEN_CUTOFF_HZ) ** visible
    rate = 1.0 - torch.exp(-2.0 * torch.pi * cutoff / sample_rate)
    forward = along_blocks(torch.where(visible < 1.0, rate, torch.ones_like(rate)), block_size)
    gain = along_blocks(HIDDEN_GAIN ** (1.0 - visible), block_size)
    return gain * first_order_recursion(forward * signals, 1.0 - forward)


def along_blocks(values: Tensor, block_size: int) -> Tensor:
    """Values at the ends of blocks, spread in straight lines to samples.

    Args:
        values: at the start of the first block and at the end of every block, shape `(..., blocks + 1)`.
        block_size: samples.

    Returns:
        Shape `(..., blocks * block_size)`; the last sample of a block has the value at its end.
    """
    before, step = values[..., :-1, None], values.diff(dim=-1)[..., None]
    return (before + step * ramp(block_size, values)).flatten(start_dim=-2)


def ramp(block_size: int, like: Tensor) -> Tensor:
    """`(1, 2, ..., block_size) / block_size`: how far a block has come at each of its samples."""
    return torch.arange(1, block_size + 1, dtype=like.dtype, device=like.device) / block_size
