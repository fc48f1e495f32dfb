"""What a photo's EXIF says of its lens and of how it must be turned; wrong or odd entries are ignored."""

import math
from dataclasses import dataclass

from PIL import Image
from PIL.ExifTags import IFD, Base

FULL_FRAME_DIAGONAL = math.hypot(36.0, 24.0)
"""Millimetres, of the 35 mm frame to which equivalent focal lengths refer (CIPA DCG-001)."""

_PLAUSIBLE_FOCAL_LENGTH = (4.0, 3000.0)  # mm, 35 mm equivalent: from fisheyes to telescopes
_PLAUSIBLE_SENSOR_DIAGONAL = (2.0, 120.0)  # mm: from webcams to medium format
_CROP_TOLERANCE = 0.02  # of the aspect ratio: scaled copies round their sides
_MILLIMETRES = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # of FocalPlaneResolutionUnit


@dataclass(frozen=True)
class ExifFacts:
    """The part of a photo's EXIF that matters here.

    Attributes:
        orientation: 1 to 8, as EXIF counts them; 1 where it is missing or wrong.
        focal_length_35mm: millimetres, 35 mm equivalent by the frame's diagonal, or None.
        notes: what was found odd.
    """

    orientation: int
    focal_length_35mm: float | None
    notes: tuple[str, ...]


def read_exif(image: Image.Image) -> ExifFacts:
    """Read orientation and focal length from an opened picture's EXIF; never raises on what a file says.

    The focal length is `FocalLengthIn35mmFilm`, else `FocalLength` times the ratio of frame diagonals, where
    `FocalPlaneXResolution` and its unit tell the sensor's size.
    """
    try:
        exif = image.getexif()
        tags = {**exif, **exif.get_ifd(IFD.Exif)}
    except Exception:  # Pillow lets out whatever a broken EXIF block makes it stumble over
        return ExifFacts(1, None, ("EXIF could not be read and was ignored",))
    orientation = tags.get(Base.Orientation, 1)
    if not isinstance(orientation, int) or not 1 <= orientation <= 8:
        orientation = 1
    focal_length, note = _focal_length_35mm(tags, image.size)
    return ExifFacts(orientation, focal_length, (note,) if note else ())


def _focal_length_35mm(tags: dict[int, object], size: tuple[int, int]) -> tuple[float | None, str | None]:
    """Equivalent focal length, and a note where one was given but cannot be trusted."""
    width = _positive(tags.get(Base.ExifImageWidth)) or float(size[0])
    height = _positive(tags.get(Base.ExifImageHeight)) or float(size[1])
    equivalent = _positive(tags.get(Base.FocalLengthIn35mmFilm))
    if equivalent is None:
        focal_length = _positive(tags.get(Base.FocalLength))
        diagonal = _sensor_diagonal(tags, width, height)
        if focal_length is None or diagonal is None:
            return None, None
        if not _PLAUSIBLE_SENSOR_DIAGONAL[0] <= diagonal <= _PLAUSIBLE_SENSOR_DIAGONAL[1]:
            return None, f"EXIF sensor diagonal of {diagonal:.3g} mm is implausible; focal length ignored"
        equivalent = focal_length * FULL_FRAME_DIAGONAL / diagonal
    if not _PLAUSIBLE_FOCAL_LENGTH[0] <= equivalent <= _PLAUSIBLE_FOCAL_LENGTH[1]:
        return None, f"EXIF focal length of {equivalent:.3g} mm (35 mm equivalent) is implausible; ignored"
    recorded, found = _aspect(width, height), _aspect(float(size[0]), float(size[1]))
    if abs(recorded / found - 1.0) > _CROP_TOLERANCE:
        return None, (
            f"EXIF tells of {width:.0f} x {height:.0f} pixels but the picture has {size[0]} x {size[1]}: it was "
            "cropped, so the focal length was ignored"
        )
    return equivalent, None


def _sensor_diagonal(tags: dict[int, object], width: float, height: float) -> float | None:
    unit = _positive(tags.get(Base.FocalPlaneResolutionUnit)) or 2.0  # EXIF: inches unless said otherwise
    x = _positive(tags.get(Base.FocalPlaneXResolution))
    y = _positive(tags.get(Base.FocalPlaneYResolution)) or x
    if x is None or y is None or unit not in _MILLIMETRES:
        return None
    return math.hypot(width / x, height / y) * _MILLIMETRES[int(unit)]


def _aspect(width: float, height: float) -> float:
    # Some writers turn the pixels but not the recorded sides: a swap is no crop.
    return max(width, height) / min(width, height)


def _positive(value: object) -> float | None:
    """A tag's value as a positive finite number, else None (0/0 rationals, strings, tuples)."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0.0 else None
