"""Picture files from users: read with bounded memory to plain RGB, or refused with one clear line."""

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, JpegImagePlugin, UnidentifiedImageError

from sonovista.errors import InputError
from sonovista.geometry.exif import read_exif

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
"""What is read, as Pillow names it; formats that run programs or are no pictures are left out."""

MINIMUM_SIDE = 64
"""Pixels: a photo with a shorter side holds no scene."""

MAXIMUM_ASPECT = 8.0
"""Longer to shorter side: beyond it a picture is no pinhole photo."""

MAXIMUM_PIXELS = 80_000_000
"""Of a picture that must be decoded whole."""

MAXIMUM_PIXELS_BASELINE_JPEG = 1_000_000_000
"""Of a baseline JPEG, which is decoded row by row at a fraction of its size."""

MAXIMUM_FILE_BYTES = 1 << 30
NEUTRAL_GREY = 128
"""What transparent parts of a photo are laid on."""

_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIXTEEN_TO_EIGHT_BITS = ((np.arange(65536, dtype=np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


@dataclass(frozen=True)
class Photo:
    """A photo as the rest of the program sees it.

    Attributes:
        pixels: RGB, shape `(H, W, 3)`, uint8, upright, no side longer than asked for.
        focal_length_35mm: millimetres, 35 mm equivalent by the diagonal, from EXIF, or None.
        original_size: width and height of the file's picture in pixels, upright.
        sha256: of the file's bytes, hexadecimal.
        notes: what had to be done to the picture, one phrase each.
    """

    pixels: NDArray[np.uint8]
    focal_length_35mm: float | None
    original_size: tuple[int, int]
    sha256: str
    notes: tuple[str, ...]


def read_photo(path: str | Path, max_side: int = 2048) -> Photo:
    """Read a photo in any common format, upright and no larger than needed.

    16-bit and floating point pictures are scaled to 8 bits, palettes, greyscale and CMYK become RGB, an embedded
    colour profile is converted to sRGB, transparency is laid on neutral grey. JPEG files are decoded at a fraction of
    their size, so that memory stays bounded.

    Args:
        path: of the file.
        max_side: of the result in pixels, at least `MINIMUM_SIDE`.

    Raises:
        InputError: the file is missing, no regular file, empty, too large, damaged, no picture of a known format, or
            its shape cannot be a photo's.
    """
    if max_side < MINIMUM_SIDE:
        raise ValueError(f"max_side must be at least {MINIMUM_SIDE}, found {max_side}")
    path = Path(path)
    with _opened(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        image = _identify(path, file)
        _check_shape(path, image)
        facts = read_exif(image)
        notes = list(facts.notes)
        with _damage_is_input_error(path):
            frames = getattr(image, "n_frames", 1)
            if frames > 1:
                notes.append(f"the first of {frames} frames was taken")
            original_size, profile = image.size, image.info.get("icc_profile")
            reduced = _decode_reduced(image, max_side, notes)
            rgb = _to_srgb(reduced, profile, notes)
            if facts.orientation != 1:
                rgb = rgb.transpose(_TRANSPOSITIONS[facts.orientation])
                notes.append(f"turned upright (EXIF orientation {facts.orientation})")
    if facts.orientation >= 5:
        original_size = (original_size[1], original_size[0])
    pixels = np.array(rgb, dtype=np.uint8)
    return Photo(pixels, facts.focal_length_35mm, original_size, sha256, tuple(notes))


def read_rgb(path: str | Path, max_pixels: int = MAXIMUM_PIXELS) -> NDArray[np.uint8]:
    """Read a picture as it is, without scaling, turning or colour management: for files that the program wrote.

    Args:
        path: of the file.
        max_pixels: more are refused before anything is decoded.

    Returns:
        RGB, shape `(H, W, 3)`, uint8.

    Raises:
        InputError: as for `read_photo`, or the picture has more than `max_pixels`.
    """
    path = Path(path)
    with _opened(path) as file:
        image = _identify(path, file)
        _check_pixels(path, image, max_pixels)
        with _damage_is_input_error(path):
            return np.array(_to_eight_bits(image, []).convert("RGB"), dtype=np.uint8)


def read_mask(path: str | Path, max_pixels: int = MAXIMUM_PIXELS) -> NDArray[np.bool_]:
    """Read a mask: a greyscale or bilevel picture, true where it is brighter than half.

    Returns:
        bool, shape `(H, W)`.

    Raises:
        InputError: as for `read_rgb`, or the picture has colour.
    """
    path = Path(path)
    with _opened(path) as file:
        image = _identify(path, file)
        _check_pixels(path, image, max_pixels)
        if image.mode not in ("1", "L"):
            raise InputError(f"{path}: expected an 8-bit greyscale mask, found colour mode {image.mode}")
        with _damage_is_input_error(path):
            return np.asarray(image.convert("L")) > 127


def write_rgb(path: str | Path, array: NDArray[np.uint8]) -> None:
    """Write RGB of shape `(H, W, 3)`, uint8, as a PNG."""
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"array must be uint8 (H, W, 3), found {array.dtype} {array.shape}")
    Image.fromarray(np.ascontiguousarray(array)).save(path, format="PNG", compress_level=4)


def write_mask(path: str | Path, mask: NDArray[np.bool_]) -> None:
    """Write a mask of shape `(H, W)` as an 8-bit greyscale PNG, 255 where it is true."""
    if mask.dtype != np.bool_ or mask.ndim != 2:
        raise ValueError(f"mask must be bool (H, W), found {mask.dtype} {mask.shape}")
    Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).save(path, format="PNG", optimize=True)


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    """A regular, non-empty file of bounded size, open for reading."""
    try:
        if path.exists() and not path.is_file():  # before opening: a named pipe would block
            raise InputError(
                f"{path}: expected a picture file, found a {'folder' if path.is_dir() else 'special file'}"
            )
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            if size == 0:
                raise InputError(f"{path}: expected a picture, found an empty file")
            if size > MAXIMUM_FILE_BYTES:
                raise InputError(f"{path}: expected a picture of at most {MAXIMUM_FILE_BYTES} bytes, found {size}")
            file.seek(0)
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: expected a picture file, found nothing there") from None
    except PermissionError:
        raise InputError(f"{path}: expected a picture file, found one that may not be read") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: expected a readable picture file, found: {_one_line(error)}") from error


@contextmanager
def _damage_is_input_error(path: Path) -> Iterator[None]:
    """Whatever Pillow stumbles over while it decodes comes from the file's bytes, so it is the user's to mend."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata and large pictures: both are checked here
            yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path}: expected a whole picture, found a damaged one: {_one_line(error)}") from error


def _identify(path: Path, file: io.BufferedReader) -> Image.Image:
    """Read a picture's header only."""
    start = file.read(3)
    file.seek(0)
    try:
        with _damage_is_input_error(path):
            if start == b"\xff\xd8\xff":
                # Not through Image.open, whose limit on pixels is meant for formats that are decoded whole.
                return JpegImagePlugin.JpegImageFile(file)
            return Image.open(file, formats=FORMATS)
    except InputError as error:
        if isinstance(error.__cause__, Image.DecompressionBombError):
            raise InputError(
                f"{path}: expected at most {MAXIMUM_PIXELS // 10**6} million pixels, found far more"
            ) from error.__cause__
        if isinstance(error.__cause__, UnidentifiedImageError | SyntaxError):
            raise InputError(
                f"{path}: expected a picture ({', '.join(FORMATS)}), found bytes that are none of these"
            ) from error.__cause__
        raise


def _check_shape(path: Path, image: Image.Image) -> None:
    width, height = image.size
    if min(width, height) < MINIMUM_SIDE:
        raise InputError(
            f"{path}: expected a photo with at least {MINIMUM_SIDE} pixels a side, found {width} x {height}"
        )
    if max(width, height) > MAXIMUM_ASPECT * min(width, height):
        raise InputError(
            f"{path}: expected a photo at most {MAXIMUM_ASPECT:.0f} times as long as wide, found {width} x {height}"
        )
    # A progressive JPEG's coefficients are all kept until the last scan has been read.
    row_by_row = image.format == "JPEG" and not image.info.get("progressive")
    _check_pixels(path, image, MAXIMUM_PIXELS_BASELINE_JPEG if row_by_row else MAXIMUM_PIXELS)


def _check_pixels(path: Path, image: Image.Image, limit: int) -> None:
    width, height = image.size
    if width * height > limit:
        raise InputError(
            f"{path}: expected at most {limit / 1e6:.4g} million pixels in {image.format}, "
            f"found {width} x {height} ({width * height / 1e6:.4g} million)"
        )


def _decode_reduced(image: Image.Image, max_side: int, notes: list[str]) -> Image.Image:
    """Decode to modes L, LA, RGB, RGBA or CMYK with no side above `max_side`."""
    width, height = image.size
    scale = min(1.0, max_side / max(width, height))
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    draft = image.draft(None, (2 * target[0], 2 * target[1])) if scale < 1.0 else None
    box = draft[1] if draft else None
    image = _to_eight_bits(image, notes)
    if scale < 1.0:
        image = image.resize(target, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
        notes.append(f"scaled down from {width} x {height}")
    return image


def _to_eight_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    """To modes that can be scaled: L, LA, RGB, RGBA, CMYK."""
    if image.mode.startswith("I;16"):
        notes.append("16-bit greyscale scaled to 8 bits")
        return Image.fromarray(_SIXTEEN_TO_EIGHT_BITS[np.asarray(image, dtype=np.uint16)])
    if image.mode in ("I", "F"):
        return _stretched(image, notes)
    if image.mode in ("P", "PA", "La", "RGBa", "RGBX", "1", "YCbCr", "HSV") or (
        image.mode in ("L", "RGB") and "transparency" in image.info
    ):
        transparent = "transparency" in image.info or image.mode in ("PA", "La", "RGBa")
        if image.mode in ("P", "PA"):
            notes.append("palette turned into RGB")
        return image.convert("RGBA" if transparent else "RGB")
    return image


def _stretched(image: Image.Image, notes: list[str]) -> Image.Image:
    """32-bit integers and floats: by the type's usual range where the values keep to it, else from least to largest."""
    values = np.asarray(image)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    usual = 1.0 if image.mode == "F" else 65535.0
    if not 0.0 <= low <= high <= usual:
        notes.append(f"values from {low:.6g} to {high:.6g} stretched to 8 bits")
    else:
        notes.append("wide range of values scaled to 8 bits")
        low, high = 0.0, usual
    scaled = np.nan_to_num(values.astype(np.float32), nan=low, posinf=high, neginf=low)
    scaled -= low
    scaled *= 255.0 / max(high - low, 1e-30)
    return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """To mode RGB: transparency laid on grey, colours converted from the embedded profile where there is one."""
    if image.mode in ("LA", "RGBA"):
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        if alpha.getextrema() == (255, 255):
            notes.append("alpha channel dropped: it is opaque everywhere")
        else:
            notes.append(f"transparent parts laid on grey ({NEUTRAL_GREY})")
            background = Image.new("RGBA", image.size, (NEUTRAL_GREY, NEUTRAL_GREY, NEUTRAL_GREY, 255))
            image = Image.alpha_composite(background, image)
        image = image.convert("RGB")
    if image.mode == "CMYK":
        notes.append("CMYK turned into RGB")
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            name = (ImageCms.getProfileDescription(source) or "").strip()
            if "srgb" not in name.lower():
                converted = ImageCms.profileToProfile(
                    image, source, ImageCms.createProfile("sRGB"), ImageCms.Intent.PERCEPTUAL, outputMode="RGB"
                )
                if converted is not None:
                    notes.append(f"colours converted to sRGB from the embedded profile ({name[:60] or 'unnamed'})")
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append("embedded colour profile could not be used and was ignored")
    return image.convert("RGB")


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text or type(error).__name__)[:200]
