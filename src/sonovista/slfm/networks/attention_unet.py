"""The ablation's binauralizer: conditions enter by cross-attention at the three deepest levels (the paper, table 9)."""

import torch
from torch import Tensor, nn

from sonovista.slfm.networks.blocks import CrossAttention, Down, Up, apply_complex_mask


class AttentionUNet(nn.Module):
    """As `UNet`, with cross-attention in place of tiling.

    Args:
        condition: width of the condition vector, cut into tokens.
        width: channels of the first level.
        masked: as for `UNet`.
        tokens: the condition is cut into so many.
    """

    def __init__(self, condition: int, width: int = 64, masked: bool = True, tokens: int = 4) -> None:
        super().__init__()
        if condition % tokens:
            raise ValueError(f"condition must be a multiple of {tokens}, found {condition}")
        w = width
        self.masked, self.tokens = masked, tokens
        token = condition // tokens
        self.down = nn.ModuleList(
            [Down(2, w), Down(w, 2 * w), Down(2 * w, 4 * w), Down(4 * w, 8 * w), Down(8 * w, 8 * w)]
        )
        self.attend_down = nn.ModuleList(
            [CrossAttention(4 * w, token), CrossAttention(8 * w, token), CrossAttention(8 * w, token)]
        )
        self.up = nn.ModuleList(
            [Up(8 * w, 8 * w), Up(16 * w, 4 * w), Up(8 * w, 2 * w), Up(4 * w, w), Up(2 * w, 2, last=True)]
        )
        self.attend_up = nn.ModuleList([CrossAttention(8 * w, token), CrossAttention(4 * w, token)])

    def forward(self, spectrogram: Tensor, condition: Tensor) -> Tensor:
        """`(B, 2, 256, frames)`, 32 frames or a multiple, and `(B, condition)` to `(B, 2, 256, frames)`."""
        told = condition.reshape(len(condition), self.tokens, -1)
        levels = [spectrogram]
        for number, down in enumerate(self.down):
            x = down(levels[-1])
            if number >= 2:
                x = self.attend_down[number - 2](x, told)
            levels.append(x)
        x = self.attend_up[0](self.up[0](levels[-1]), told)
        for number, (up, skip) in enumerate(zip(list(self.up)[1:], levels[-2:0:-1], strict=True)):
            x = up(torch.cat([x, skip], dim=1))
            if number == 0:
                x = self.attend_up[1](x, told)
        return apply_complex_mask(x.float().tanh(), spectrogram) if self.masked else x
