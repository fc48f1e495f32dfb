"""The residual trunk of a ResNet-18, of any width, for any number of input channels."""

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016, figure 5 left)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + shortcut)


class ResidualTrunk(nn.Module):
    """A ResNet-18 without its pooling and classifier.

    Args:
        inputs: channels of the input.
        width: channels of the first stage, doubled at each further one; 64 in a ResNet-18.
        stages: how many of the four there are.
        strides: of each stage.
    """

    def __init__(self, inputs: int, width: int = 64, stages: int = 4, strides: tuple[int, ...] = (1, 2, 2, 2)) -> None:
        super().__init__()
        # layers are named as in torchvision, so that its weights fit where they are at hand
        self.conv1 = nn.Conv2d(inputs, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = width
        self.stages = stages
        for stage in range(stages):
            outputs = width << stage
            blocks = nn.Sequential(ResidualBlock(channels, outputs, strides[stage]), ResidualBlock(outputs, outputs))
            setattr(self, f"layer{stage + 1}", blocks)
            channels = outputs
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """`(B, inputs, h, w)` to `(B, channels, h', w')`."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x
