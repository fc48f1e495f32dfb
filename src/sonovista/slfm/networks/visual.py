"""The visual pair encoder: how two pictures of one place differ, as one vector."""

import torch
from torch import Tensor, nn

from sonovista.slfm.networks.residual import ResidualTrunk
from sonovista.slfm.options import VisionOptions


class VisualPairEncoder(nn.Module):
    """Features of both pictures, each cell of one against each cell of the other, convolutions, one vector.

    Source: the paper, section 4.1 (ResNet-18 to its third stage, dense 4D correlation, convolutions); after Cai et
    al., "Extreme rotation estimation using dense correlation volumes" (2021). `matching="displacement"` is ours.
    """

    def __init__(self, options: VisionOptions) -> None:
        super().__init__()
        self.options = options
        strides = (1, 2, 2) if options.stride == 16 else (1, 2, 1)
        self.trunk = ResidualTrunk(3, options.width, 3, strides)
        rows, columns = _cells(options.image_height, options.stride), _cells(options.image_width, options.stride)
        self.cells = (rows, columns)
        self.matching: nn.Module
        if options.matching == "correlation":
            self.matching, inputs = CorrelationVolume(), rows * columns
        else:
            self.matching, inputs = Displacement(rows, columns), Displacement.channels
            rows, columns = (rows + 1) // 2, (columns + 1) // 2
        halvings = 3 if options.matching == "correlation" else 2
        self.encode = _convolutions(inputs, options.channels, halvings)
        flat = options.channels
        for _ in range(halvings):
            rows, columns = (rows + 1) // 2, (columns + 1) // 2
        self.project = nn.Sequential(
            nn.Flatten(), nn.Linear(flat * rows * columns, options.embedding), nn.ReLU(inplace=True)
        )

    def picture_features(self, images: Tensor) -> Tensor:
        """`(B, 3, h, w)` to `(B, C, rows, columns)`: once for each picture, however many pairs it is in."""
        return self.trunk(images)

    def pair_embedding(self, first: Tensor, second: Tensor) -> Tensor:
        """Embedding of the change from one picture to another, given their features; `(B, embedding)`."""
        return self.project(self.encode(self.matching(first, second)))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """`(B, 3, h, w)` of both to `(B, embedding)`."""
        both = self.picture_features(torch.cat([first, second]))
        return self.pair_embedding(*both.chunk(2))


class CorrelationVolume(nn.Module):
    """Similarity of each cell of one picture with each of the other, softmax over the other's cells."""

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Shape `(B, rows * columns of the second, rows, columns of the first)`."""
        batch, channels, rows, columns = first.shape
        scores = first.flatten(2).transpose(1, 2) @ second.flatten(2) / channels**0.5
        return scores.float().softmax(dim=2).transpose(1, 2).reshape(batch, -1, rows, columns)


class Displacement(nn.Module):
    """Where every second cell of one picture is in the other: the mean place of its matches, how far they spread.

    Squared, the matches weigh the best of them more: their mean is closer to a hit among many faint misses, and their
    sum says how sure it is. All that is kept is a few numbers for each cell, to the precision of a part of a cell.
    """

    channels = 8

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(2.5))
        y, x = torch.meshgrid(torch.linspace(-1, 1, rows), torch.linspace(-1, 1, columns), indexing="ij")
        place = torch.stack([x.flatten(), y.flatten()], dim=1)
        self.register_buffer(
            "targets", torch.cat([place, place.square(), torch.ones_like(x.flatten())[:, None]], 1), False
        )
        self.register_buffer("asked", place.reshape(rows, columns, 2)[::2, ::2].reshape(-1, 2).contiguous(), False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Shape `(B, 8, rows, columns)`, rows and columns halved."""
        batch = first.shape[0]
        targets, asked = self.get_buffer("targets"), self.get_buffer("asked")
        with torch.autocast(first.device.type, enabled=False):
            few = first[:, :, ::2, ::2]
            one = nn.functional.normalize(few.float().flatten(2), dim=1) * self.log_scale.clamp(max=4.5).exp()
            other = nn.functional.normalize(second.float().flatten(2), dim=1)
            match = (one.transpose(1, 2) @ other).softmax(dim=2)
            mean = match @ targets
            sharp = match.square() @ targets
            sureness = sharp[..., 4:]
            spread = mean[..., 2:4] - mean[..., :2].square()
            here = asked.expand(batch, -1, -1)
            parts = [sharp[..., :2] / sureness - here, mean[..., :2] - here, spread, sureness, here[..., :1]]
        return torch.cat(parts, dim=2).transpose(1, 2).reshape(batch, -1, *few.shape[2:])


def _cells(pixels: int, stride: int) -> int:
    halvings = {8: 3, 16: 4}[stride]
    for _ in range(halvings):
        pixels = (pixels + 1) // 2
    return pixels


def _convolutions(inputs: int, channels: int, halvings: int) -> nn.Sequential:
    """Six 3x3 convolutions, three of them (or fewer) with a stride of 2."""
    layers: list[nn.Module] = []
    for number in range(6):
        stride = 2 if number % 2 == 1 and number < 2 * halvings else 1
        layers += [nn.Conv2d(inputs if number == 0 else channels, channels, 3, stride, 1, bias=False)]
        layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
