"""The depth head: three layers of backbone features and the picture itself become log distance and sky.

After Ranftl et al., "Vision Transformers for Dense Prediction", ICCV 2021, made small: features are mixed on the
patches' grid, where every patch may look at the whole picture, doubled twice, and joined by the picture's own edges on
the way to half its resolution.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS = (3, 5, 8)
"""Blocks of the backbone, counted from 0."""
FEATURES = 384
OUT = 7
"""Rows and columns of the output for each patch: half of the picture's 14."""


CELL = 3
"""Rows and columns of patches that are looked at as one."""


class Attention(nn.Module):
    """Every patch looks at the whole picture, seen in cells of 3 x 3 patches; nothing at first, until it has learned.

    Wang et al., "Pyramid Vision Transformer", ICCV 2021, sec. 3.3, with means for the coarser keys (as in PVT v2).
    """

    def __init__(self, width: int, inner: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = (nn.GroupNorm(1, width) for _ in range(2))
        self.query = nn.Conv2d(width, inner, 1)
        self.keys = nn.Conv2d(width, 2 * inner, 1)
        self.out = nn.Conv2d(inner, width, 1)
        self.wide = nn.Conv2d(width, 2 * width, 1)
        self.narrow = nn.Conv2d(2 * width, width, 1)
        for layer in (self.out, self.narrow):
            nn.init.zeros_(layer.weight)
            layer.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Of shape `(B, width, rows, columns)`, as is the answer; at least three rows and columns."""
        batch, _, rows, columns = x.shape
        y = self.before(x)
        queries = self.query(y).reshape(batch, self.heads, -1, rows * columns).transpose(2, 3)
        coarse = self.keys(functional.avg_pool2d(y, CELL)).flatten(2)
        keys, values = coarse.reshape(batch, 2, self.heads, -1, coarse.shape[2]).transpose(3, 4).unbind(1)
        seen = functional.scaled_dot_product_attention(queries, keys, values)
        x = x + self.out(seen.transpose(2, 3).reshape(batch, -1, rows, columns))
        return x + self.narrow(functional.gelu(self.wide(self.between(x))))


class DepthHead(nn.Module):
    """A convolutional head of about 216 thousand parameters, and 33 thousand for each block of attention."""

    def __init__(self, width: int = 64, attention: int = 0) -> None:
        super().__init__()
        half, edge = width // 2, 8
        self.mix = nn.ModuleList([nn.Conv2d(FEATURES, width, 1) for _ in LAYERS])
        self.deep1 = nn.Conv2d(width, width, 3, padding=1)
        self.deep2 = nn.Conv2d(width, width, 3, padding=1)
        self.deep3 = nn.Conv2d(width, width, 3, padding=2, dilation=2)
        self.looks = nn.ModuleList([Attention(width) for _ in range(attention)])
        self.rgb1 = nn.Conv2d(3, edge, 3, padding=1)
        self.rgb2 = nn.Conv2d(edge, edge, 3, padding=1)
        self.up2 = nn.Conv2d(width, half, 3, padding=1)
        self.up4 = nn.Conv2d(half + edge, 24, 3, padding=1)
        self.up7 = nn.Conv2d(24 + edge, 12, 3, padding=1)
        self.coarse = nn.Conv2d(half, 2, 1)
        self.middle = nn.Conv2d(24, 2, 1)
        self.fine = nn.Conv2d(12, 2, 3, padding=1)
        for layer in (self.middle, self.fine):  # the coarse answer stands until they have learned
            nn.init.zeros_(layer.weight)
            layer.bias = nn.Parameter(torch.zeros(2))

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        """Predict.

        Args:
            features: of the backbone, layers one after the other, shape `(B, 3 * 384, rows, columns)`.
            picture: RGB less 0.5, shape `(B, 3, 7 rows, 7 columns)`.

        Returns:
            Log distance up to an unknown scale and shift, and the logit of sky; shape `(B, 2, 7 rows, 7 columns)`.
        """
        x2 = self.trunk(features)
        edges = functional.relu(self.rgb2(functional.relu(self.rgb1(picture))))
        size = picture.shape[2:]
        four = (features.shape[2] * 4, features.shape[3] * 4)
        x4 = functional.relu(self.up4(torch.cat([_resize(x2, four), _resize(edges, four)], dim=1)))
        x7 = functional.relu(self.up7(torch.cat([_resize(x4, size), edges], dim=1)))
        return _resize(self.coarse(x2), size) + _resize(self.middle(x4), size) + self.fine(x7)

    def trunk(self, features: Tensor) -> Tensor:
        """Mixed features at twice the patches' grid, shape `(B, width / 2, 2 rows, 2 columns)`."""
        parts = features.split(FEATURES, dim=1)
        x = functional.relu(torch.stack([mix(part) for mix, part in zip(self.mix, parts, strict=True)]).sum(dim=0))
        x = x + functional.relu(self.deep1(x))
        x = x + functional.relu(self.deep2(x))
        x = x + functional.relu(self.deep3(x))
        for look in self.looks:
            x = look(x)
        return functional.relu(self.up2(_resize(x, (features.shape[2] * 2, features.shape[3] * 2))))


def _resize(x: Tensor, size: tuple[int, ...] | torch.Size) -> Tensor:
    return functional.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def depth_loss(
    output: Tensor, log_distance: Tensor, gradient_weight: float, sky_weight: float, row_weight: float = 0.0
) -> Tensor:
    """Scale-and-shift-invariant loss of log distance, its multi-scale gradients, and cross-entropy of sky.

    Ranftl et al., "Towards Robust Monocular Depth Estimation", TPAMI 2022, sec. 5, in log distance rather than
    disparity: both are brought to median 0 and mean deviation 1.

    Args:
        output: of `DepthHead`, shape `(B, 2, h, w)`.
        log_distance: log metres, infinite in the sky, shape `(B, h, w)`.
        gradient_weight: of the gradients.
        sky_weight: of the sky.
        row_weight: of what is left when each row's mean is taken from it: order beside each other rather than up and
            down.
    """
    sky = torch.isinf(log_distance)
    valid = (~sky).float()
    target = torch.where(sky, torch.zeros_like(log_distance), log_distance.clamp(-1.5, 6.5))
    predicted = normalise(output[:, 0], valid)
    wanted = normalise(target, valid)
    residual = (predicted - wanted) * valid
    count = valid.sum().clamp_min(1.0)
    loss = residual.abs().sum() / count
    gradient = torch.zeros((), dtype=loss.dtype)
    for step in (1, 2, 4, 8):
        r, m = residual[:, ::step, ::step], valid[:, ::step, ::step]
        across = (r[:, :, 1:] - r[:, :, :-1]).abs() * m[:, :, 1:] * m[:, :, :-1]
        down = (r[:, 1:] - r[:, :-1]).abs() * m[:, 1:] * m[:, :-1]
        gradient = gradient + (across.sum() + down.sum()) / m.sum().clamp_min(1.0)
    if row_weight:
        middle = (residual * valid).sum(dim=2, keepdim=True) / valid.sum(dim=2, keepdim=True).clamp_min(1.0)
        loss = loss + row_weight * ((residual - middle).abs() * valid).sum() / count
    entropy = functional.binary_cross_entropy_with_logits(output[:, 1], sky.float())
    return loss + gradient_weight * gradient + sky_weight * entropy


def normalise(values: Tensor, valid: Tensor) -> Tensor:
    """Values with mean 0 and mean deviation 1 over what is valid, each picture on its own."""
    count = valid.sum(dim=(1, 2), keepdim=True).clamp_min(1.0)
    middle = (values * valid).sum(dim=(1, 2), keepdim=True) / count
    # A wall seen head on has hardly any depth: what noise there is must not be blown up.
    spread = ((values - middle).abs() * valid).sum(dim=(1, 2), keepdim=True) / count + 0.05
    return (values - middle) / spread
