"""Rotations between stored views, estimated from their pictures alone, in a table that sound is then taught by."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.slfm.camera_rotation import UNSETTLED, RotationEstimate, found_rotation, resized
from sonovista.slfm.classical.matching import match_points, sift_points
from sonovista.slfm.classical.rotation_fitting import camera_matrix, pure_rotation
from sonovista.slfm.features.pictures import FIELD_OF_VIEW
from sonovista.slfm.runtime import MotionNetworks, shared_networks

COLUMNS = ("path", "view", "rotation_deg", "confidence", "method")
ACROSS = 320
"""Pixels, of pictures whose points are matched: the width of stored ones."""


def view_rotations(images: NDArray[np.uint8], networks: MotionNetworks | None = None) -> list[RotationEstimate]:
    """Rotation of every other view from the first: the network's estimate, refined.

    As `rotation` does it, but points are found once a picture, and looked for in no larger pictures.

    Args:
        images: RGB, 60 degrees wide, shape `(V, h, w, 3)`.
        networks: None takes the shipped ones.

    Returns:
        V - 1 estimates.
    """
    networks = networks or shared_networks()
    small = [resized(image, ACROSS) for image in images]
    points = [sift_points(image) for image in small]
    K = camera_matrix(ACROSS, small[0].shape[0], FIELD_OF_VIEW)
    out = []
    for image, own in zip(images[1:], points[1:], strict=True):
        matches = match_points(points[0], own)
        found = found_rotation(images[0], image, networks, None, lambda _, m=matches: pure_rotation(m, K))
        sure = float(networks.confidence("rotation").chance(found.evidence))
        sure = min(sure, UNSETTLED) if found.method == "network" else sure
        out.append(RotationEstimate(found.angle, sure, found.method, found.network_angle, found.inliers))
    return out


def write_rotation_table(
    source: str | Path,
    table: str | Path,
    networks: MotionNetworks | None = None,
    tell: Callable[[int, int], None] | None = None,
    part: tuple[int, int] = (0, 1),
) -> None:
    """Estimate the rotations of all stored examples; a table that was begun is gone on with.

    The stored rotations are not looked at.

    Args:
        source: folder or CSV file of examples, see `example_folders`.
        table: CSV with the columns `path` (relative to the source), `view`, `rotation_deg` (from the first view, left
            positive), `confidence` and `method`.
        networks: None takes the shipped ones.
        tell: told how many examples are done, and of how many.
        part: number of this process, and how many share the work, each with a table of its own.

    Raises:
        InputError: the source has no examples, or the table cannot be written.
    """
    from sonovista.slfm.streams.stored import example_folders

    table, folders = Path(table), example_folders(source)[part[0] :: part[1]]
    known = set(read_rotation_table(table)) if table.exists() else set()
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        with table.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if not known:
                file.truncate(0)
                writer.writerow(COLUMNS)
            for done, folder in enumerate(folders, 1):
                name = example_name(folder, source)
                if name not in known:
                    found = view_rotations(_pictures(folder), networks)
                    for view, each in enumerate(found, 1):
                        angle = f"{np.degrees(each.angle):.4f}"
                        writer.writerow([name, view, angle, f"{each.confidence:.4f}", each.method])
                    file.flush()
                if tell is not None:
                    tell(done, len(folders))
    except OSError as error:
        raise InputError(f"{table}: cannot be written: {error.strerror}") from None


def read_rotation_table(table: str | Path) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Estimated yaws of views, radians, the first 0, and how sure they are, both `(V,)`, by example's name.

    Raises:
        InputError: no such table, or a row of it is not what it should be.
    """
    rows: dict[str, list[tuple[int, float, float]]] = {}
    try:
        with Path(table).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                values = int(row["view"]), float(np.radians(float(row["rotation_deg"]))), float(row["confidence"])
                rows.setdefault(row["path"], []).append(values)
    except OSError as error:
        raise InputError(f"{table}: cannot be read: {error.strerror}") from None
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{table}: expected the columns {', '.join(COLUMNS)}, found a row without") from None
    out = {}
    for name, views in rows.items():
        views.sort()
        if [view for view, _, _ in views] != list(range(1, len(views) + 1)):
            raise InputError(f"{table}: {name}: expected views 1 to {len(views)}, found others")
        out[name] = (np.array([0.0, *(yaw for _, yaw, _ in views)]), np.array([1.0, *(sure for _, _, sure in views)]))
    return out


def _pictures(folder: Path) -> NDArray[np.uint8]:
    from sonovista.simulate.storage.hm3d_ss import decode_picture

    paths = [folder / f"camera_{view}_rgb.png" for view in range(len(list(folder.glob("camera_*_rgb.png"))))]
    if not paths:
        raise InputError(f"{folder}: expected pictures, found none")
    return np.stack([decode_picture(str(path), path.read_bytes()) for path in paths])


def example_name(folder: Path, source: str | Path) -> str:
    """An example's folder relative to the source that lists it."""
    source = Path(source)
    return Path(os.path.relpath(folder, source.parent if source.suffix == ".csv" else source)).as_posix()
