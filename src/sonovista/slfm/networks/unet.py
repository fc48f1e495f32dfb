"""The binauralizer: a U-Net that turns one channel into two, told by a vector how they should differ."""

import torch
from torch import Tensor, nn

from sonovista.slfm.networks.blocks import Down, Up, apply_complex_mask


class UNet(nn.Module):
    """Five levels, the condition tiled at the bottleneck (Gao and Grauman, "2.5D visual sound", 2019).

    Args:
        condition: width of the condition vector.
        width: channels of the first level; 1, 2, 4, 8 and 8 times as many at the five.
        masked: the output is a complex mask in (-1, 1) that multiplies the input; else it is the prediction itself.
    """

    def __init__(self, condition: int, width: int = 64, masked: bool = True) -> None:
        super().__init__()
        w = width
        self.masked = masked
        self.down = nn.ModuleList(
            [Down(2, w), Down(w, 2 * w), Down(2 * w, 4 * w), Down(4 * w, 8 * w), Down(8 * w, 8 * w)]
        )
        self.up = nn.ModuleList(
            [
                Up(8 * w + condition, 8 * w),
                Up(16 * w, 4 * w),
                Up(8 * w, 2 * w),
                Up(4 * w, w),
                Up(2 * w, 2, last=True),
            ]
        )

    def forward(self, spectrogram: Tensor, condition: Tensor) -> Tensor:
        """`(B, 2, 256, frames)`, 32 frames or a multiple, and `(B, condition)` to `(B, 2, 256, frames)`."""
        levels = [spectrogram]
        for down in self.down:
            levels.append(down(levels[-1]))
        tiled = condition[:, :, None, None].expand(-1, -1, *levels[-1].shape[2:])
        x = self.up[0](torch.cat([levels[-1], tiled], dim=1))
        for up, skip in zip(list(self.up)[1:], levels[-2:0:-1], strict=True):
            x = up(torch.cat([x, skip], dim=1))
        return apply_complex_mask(x.float().tanh(), spectrogram) if self.masked else x
