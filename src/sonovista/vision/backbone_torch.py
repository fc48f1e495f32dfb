"""The backbone in PyTorch, with the same numbers as ONNX Runtime's: for training on features, and for gradients."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from sonovista.vision.backbone import resize_positions
from sonovista.vision.backbone_weights import BLOCK_INPUTS, HEADS, PATCH, WIDTH, BackboneWeights

_EPSILON = 1e-6


class TorchBackbone(nn.Module):
    """DINOv2 ViT-S/14, frozen."""

    patch_weight: Tensor
    patch_bias: Tensor
    class_token: Tensor

    def __init__(self, weights: BackboneWeights) -> None:
        super().__init__()
        self._grid = weights.positions.copy()
        self.count = len(weights.blocks)
        for name in ("patch_weight", "patch_bias", "class_token"):
            self.register_buffer(name, torch.tensor(getattr(weights, name)))
        for index, block in enumerate(weights.blocks):
            for name, _ in BLOCK_INPUTS:
                self.register_buffer(f"block{index}_{name}", torch.tensor(block[name]))

    def forward(self, pixels: Tensor, layers: Sequence[int] = (3, 7, 11)) -> Tensor:
        """Features of pictures.

        Args:
            pixels: normalised as by `pixels_for`, shape `(B, 14 rows, 14 columns, 3)`.
            layers: blocks after which to take features, counted from 0.

        Returns:
            Shape `(B, len(layers), rows, columns, 384)`: patch tokens, each normalised to mean 0 and variance 1.
        """
        batch, rows, columns = pixels.shape[0], pixels.shape[1] // PATCH, pixels.shape[2] // PATCH
        patches = pixels.reshape(batch, rows, PATCH, columns, PATCH, 3).permute(0, 1, 3, 5, 2, 4)
        positions = torch.as_tensor(resize_positions(self._grid, rows, columns)).to(pixels)
        tokens = patches.reshape(batch, rows * columns, -1) @ self.patch_weight + self.patch_bias
        tokens = tokens + positions.reshape(-1, WIDTH)
        tokens = torch.cat([self.class_token.expand(batch, 1, WIDTH), tokens], dim=1)
        found: dict[int, Tensor] = {}
        for index in range(max(layers) + 1):
            tokens = self._block(index, tokens)
            if index in layers:
                found[index] = functional.layer_norm(tokens[:, 1:], (WIDTH,), eps=_EPSILON)
        stacked = torch.stack([found[layer] for layer in layers], dim=1)
        return stacked.reshape(batch, len(layers), rows, columns, WIDTH)

    def _block(self, index: int, tokens: Tensor) -> Tensor:
        weight = {name: getattr(self, f"block{index}_{name}") for name, _ in BLOCK_INPUTS}
        batch, count = tokens.shape[:2]
        inside = functional.layer_norm(tokens, (WIDTH,), weight["norm1_weight"], weight["norm1_bias"], _EPSILON)
        qkv = inside @ weight["qkv_weight"] + weight["qkv_bias"]
        query, key, value = qkv.reshape(batch, count, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        heads = functional.scaled_dot_product_attention(query, key, value)
        heads = heads.transpose(1, 2).reshape(batch, count, WIDTH)
        tokens = tokens + weight["scale1"] * (heads @ weight["output_weight"] + weight["output_bias"])
        inside = functional.layer_norm(tokens, (WIDTH,), weight["norm2_weight"], weight["norm2_bias"], _EPSILON)
        inside = functional.gelu(inside @ weight["fc1_weight"] + weight["fc1_bias"])
        return tokens + weight["scale2"] * (inside @ weight["fc2_weight"] + weight["fc2_bias"])
