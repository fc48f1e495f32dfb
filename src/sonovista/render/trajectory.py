"""A listener's walk: poses in time, between which they move smoothly."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry.frames import direction_from_angles, rotation_from_yaw_pitch_roll
from sonovista.scene.scene import Scene

MAXIMUM_FILE_BYTES = 16 * 2**20
MAXIMUM_POSES = 200_000
_FIELDS = ("time", "x", "y", "z", "yaw_deg", "pitch_deg", "roll_deg")
_REQUIRED = 4


@dataclass(frozen=True)
class Pose:
    """A listener at one moment: `position` in metres, shape `(3,)`; `yaw`, `pitch`, `roll` in radians."""

    position: NDArray[np.float64]
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @property
    def R_world_listener(self) -> NDArray[np.float64]:
        """Takes listener vectors (x forward, y left, z up) to the world, shape `(3, 3)`."""
        return rotation_from_yaw_pitch_roll(self.yaw, self.pitch, self.roll)


@dataclass(frozen=True)
class Trajectory:
    """Timed poses; between them position and angles go in straight lines, before the first and after the last it rests.

    Attributes:
        times: seconds, from 0, not falling, shape `(N,)`.
        positions: metres, world frame, shape `(N, 3)`.
        angles: yaw (left positive), pitch (up positive), roll in radians, shape `(N, 3)`. Each goes the way its
            numbers say: from 0 to 2 pi is a full turn.
    """

    times: NDArray[np.float64]
    positions: NDArray[np.float64]
    angles: NDArray[np.float64]

    def __post_init__(self) -> None:
        count = len(self.times)
        if count == 0 or self.positions.shape != (count, 3) or self.angles.shape != (count, 3):
            raise ValueError(
                f"a trajectory needs N >= 1 times, (N, 3) positions and angles, found {self.times.shape}, "
                f"{self.positions.shape} and {self.angles.shape}"
            )
        if not all(np.isfinite(part).all() for part in (self.times, self.positions, self.angles)):
            raise ValueError("a trajectory must be finite")
        if self.times[0] < 0.0 or np.any(np.diff(self.times) < 0.0):
            raise ValueError("a trajectory's times must not be negative and must not fall")

    @property
    def duration(self) -> float:
        """Seconds to the last pose."""
        return float(self.times[-1])

    def pose(self, time: float) -> Pose:
        """The pose at a time in seconds."""
        last = len(self.times) - 1
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if index < 0 or index >= last:
            end = 0 if index < 0 else last
            return Pose(self.positions[end].copy(), *self.angles[end].tolist())
        share = (time - self.times[index]) / (self.times[index + 1] - self.times[index])
        position = (1.0 - share) * self.positions[index] + share * self.positions[index + 1]
        angles = (1.0 - share) * self.angles[index] + share * self.angles[index + 1]
        return Pose(position, *angles.tolist())


def still(scene: Scene, seconds: float = 8.0) -> Trajectory:
    """Staying at the scene's start pose for some seconds."""
    listener = scene.document.listener
    angles = np.radians([listener.yaw_deg, listener.pitch_deg, 0.0])
    return Trajectory(
        np.array([0.0, seconds]), np.tile(np.array(listener.position, float), (2, 1)), np.tile(angles, (2, 1))
    )


def orbit(scene: Scene, radius: float = 0.5, seconds: float = 8.0) -> Trajectory:
    """Walking once around a small circle, always looking ahead: from the start pose, turning left, back to it.

    Args:
        scene: gives the start pose; its pitch is kept.
        radius: of the circle in metres; its centre lies that far to the left of the start.
        seconds: for the whole turn.
    """
    listener = scene.document.listener
    yaw = np.radians(listener.yaw_deg)
    steps = 361
    turned = np.linspace(0.0, 2.0 * np.pi, steps)
    forward, left = direction_from_angles(yaw, 0.0), direction_from_angles(yaw + 0.5 * np.pi, 0.0)
    walk = radius * (np.sin(turned)[:, None] * forward + (1.0 - np.cos(turned))[:, None] * left)
    angles = np.stack([yaw + turned, np.full(steps, np.radians(listener.pitch_deg)), np.zeros(steps)], axis=1)
    return Trajectory(np.linspace(0.0, seconds, steps), np.array(listener.position, float) + walk, angles)


def load(path: str | Path) -> Trajectory:
    """Read a trajectory from a JSON or CSV file.

    CSV has a header and the columns `time` (seconds), `x`, `y`, `z` (metres), and optionally `yaw_deg`, `pitch_deg`,
    `roll_deg`. JSON is `{"poses": [{"time": 0, "x": 0, "y": 0, "z": 0, "yaw_deg": 0}, ...]}` with the same names.

    Raises:
        InputError: the file cannot be read, is too large, or a value is missing or makes no sense.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAXIMUM_FILE_BYTES:
            raise InputError(
                f"{path}: expected at most {MAXIMUM_FILE_BYTES // 2**20} MiB, found {size / 2**20:.1f} MiB"
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: expected a trajectory file, found none to read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected UTF-8 text, found other bytes") from error
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(path, text)
    if not 0 < len(rows) <= MAXIMUM_POSES:
        raise InputError(f"{path}: expected 1 to {MAXIMUM_POSES} poses, found {len(rows)}")
    table = np.array([[_number(path, i, row, name) for name in _FIELDS] for i, row in enumerate(rows)])
    for i in range(len(table)):
        if table[i, 0] < (table[i - 1, 0] if i else 0.0):
            raise InputError(
                f"{path}: poses[{i}].time: expected times from 0 on that do not fall, found {table[i, 0]:g}"
            )
    return Trajectory(table[:, 0], table[:, 1:4], np.radians(table[:, 4:7]))


def _json_rows(path: Path, text: str) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON, found something else ({error})") from error
    poses = content.get("poses") if isinstance(content, dict) else None
    if not isinstance(poses, list):
        raise InputError(f'{path}: expected an object with a list "poses", found {type(content).__name__} without one')
    return poses


def _csv_rows(path: Path, text: str) -> list[Any]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = [{str(name).strip(): value for name, value in row.items()} for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}: expected CSV, found something else ({error})") from error
    found = [str(name).strip() for name in reader.fieldnames or []]
    missing = [name for name in _FIELDS[:_REQUIRED] if name not in found]
    if missing:
        raise InputError(f"{path}: expected the columns {', '.join(_FIELDS)}, found none named {missing[0]}")
    return rows


def _number(path: Path, index: int, row: Any, name: str) -> float:
    if not isinstance(row, dict):
        raise InputError(f"{path}: poses[{index}]: expected an object, found {type(row).__name__}")
    value = row.get(name, "" if name in _FIELDS[:_REQUIRED] else 0.0)
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number) or abs(number) > 1e9:
        raise InputError(f"{path}: poses[{index}].{name}: expected a number, found {value!r}")
    return number
