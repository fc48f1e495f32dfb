"""Options of the networks, at the paper's size and at smaller ones; nothing here needs torch."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AudioOptions(_Options):
    """The binaural encoder and its head."""

    features: Literal["spectrogram", "spatial"] = Field(
        default="spectrogram", description="The paper's magnitude and phase, or differences of the ears in bands."
    )
    width: int = Field(default=64, ge=4, le=256, description="Channels of the first stage of the residual trunk.")
    stages: int = Field(default=4, ge=2, le=4, description="Of the residual trunk; 4 is a ResNet-18.")
    embedding: int = Field(default=512, ge=16, le=2048)
    seconds: float = Field(default=2.55, ge=0.1, le=10.0, description="Of sound that it is given.")
    pooling: Literal["level", "learned"] = Field(
        default="level", description="How spatial features' frames are weighed: by loudness, or also by what is heard."
    )
    antisymmetric: bool = Field(default=False, description="f(x) - f(ears exchanged): odd by construction.")
    limit: Literal["pi", "half_pi"] = Field(default="pi", description="Of tanh in the head.")


class VisionOptions(_Options):
    """The visual pair encoder and its head."""

    width: int = Field(default=64, ge=4, le=256, description="Channels of the first stage of the residual trunk.")
    image_width: int = Field(default=320, ge=64, le=640)
    image_height: int = Field(default=240, ge=48, le=480)
    stride: Literal[8, 16] = Field(default=16, description="Pixels between cells that are matched; layer 3's is 16.")
    matching: Literal["correlation", "displacement"] = Field(
        default="correlation", description="The paper's volume, or where each cell went and how surely."
    )
    channels: int = Field(default=128, ge=8, le=512, description="Of the convolutions behind the matching.")
    embedding: int = Field(default=512, ge=16, le=2048)
    antisymmetric: bool = Field(default=False, description="f(a, b) - f(b, a): odd by construction.")


class BinauralizerOptions(_Options):
    """The network that makes binaural sound of mono."""

    kind: Literal["unet", "attention"] = "unet"
    width: int = Field(
        default=64, ge=4, le=128, description="Channels of the first level; the deepest has 8 times as many."
    )


class DelayOptions(_Options):
    """The encoder of short windows of one ear, from which time delays are read, and the graph it learns on."""

    window: int = Field(
        default=1024, ge=128, le=8192, description="Samples at 16 kHz, a multiple of 64.", multiple_of=64
    )
    width: int = Field(default=64, ge=4, le=256, description="Channels of the first convolution; the last has 4 times.")
    embedding: int = Field(default=128, ge=8, le=1024)
    starts: int = Field(default=16, ge=1, le=256, description="Nodes that a walk starts from, one sample apart.")
    reach: int = Field(default=15, ge=1, le=128, description="Largest delay that is looked for, samples.")
    temperature: float = Field(default=0.05, gt=0.0, le=1.0, description="Of similarities.")


class NetworkOptions(_Options):
    """All networks."""

    audio: AudioOptions = AudioOptions()
    vision: VisionOptions = VisionOptions()
    binauralizer: BinauralizerOptions = BinauralizerOptions()
    delay: DelayOptions = DelayOptions()
    head_width: int = Field(default=256, ge=8, le=1024)


PAPER = NetworkOptions()
"""ResNet-18s at 240 x 320 pixels and 2.55 s, as published."""

SMALL = NetworkOptions(
    audio=AudioOptions(width=24, embedding=256),
    vision=VisionOptions(width=24, image_width=160, image_height=120, stride=8, channels=64, embedding=256),
    binauralizer=BinauralizerOptions(width=24),
    delay=DelayOptions(width=32),
    head_width=128,
)
"""About a tenth of the paper's cost."""

ABLATION = NetworkOptions(
    audio=AudioOptions(width=12, stages=3, embedding=128),
    vision=VisionOptions(width=12, image_width=160, image_height=120, stride=8, channels=32, embedding=128),
    binauralizer=BinauralizerOptions(width=12),
    delay=DelayOptions(width=20, embedding=96),
    head_width=64,
)
"""For many runs in a night."""

SIZES = {"paper": PAPER, "small": SMALL, "ablation": ABLATION}
