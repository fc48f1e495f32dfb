"""The folder format of HM3D-SS: one folder a pair, readable by the original code, and its data by ours.

Its frame is +X right, +Y up, -Z forward; ours x forward, y left, z up. What it has no place for (true depth, the
seed, the scale of the impulse responses) stands in files of our own beside its own.
"""

import io
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.simulate.example import SAMPLE_RATE, Example, Viewpoints
from sonovista.whole_files import refusal

OURS = "sonovista.json"
DEPTH = "depth.npz"
KINDS = ("binaural_rirs", "binaural_rirs_direct", "binaural_rirs_indirect")
DEPTH_SHOWN = 10.0
"""Metres at which the coloured depth pictures end."""
MOST_CAMERAS, MOST_SOURCES, MOST_PIXELS, MOST_SECONDS = 64, 16, 64_000_000, 20.0
_HEADROOM = 0.98


def write_example(folder: str | Path, example: Example) -> None:
    """Write an example's folder: whole or not at all.

    Args:
        folder: must not exist yet; its parent is made.
        example: to write.

    Raises:
        InputError: the folder is there already, or cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        raise InputError(f"{folder}: expected no such folder yet, found one")
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        temporary.mkdir(parents=True)
        _write_pictures(temporary, example)
        scale = _write_responses(temporary, example)
        _write_json(temporary / "metadata.json", metadata(example))
        pitch_deg = round(float(np.degrees(example.viewpoints.pitch)), 9)
        _write_json(temporary / OURS, {"rir_scale": scale, "pitch_deg": pitch_deg, **example.record})
        temporary.rename(folder)
    except OSError as error:
        raise InputError(refusal(error, folder)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def metadata(example: Example) -> dict[str, Any]:
    """What `metadata.json` says of an example: angles in degrees, left positive, positions in its own frame."""
    view = example.viewpoints
    out: dict[str, Any] = {"scene_id": example.scene}
    for c, (position, yaw) in enumerate(zip(view.cameras, view.yaws, strict=True)):
        out[f"camera_{c}_angle"] = float(np.degrees(yaw) % 360.0)
        out[f"camera_{c}_position"] = to_habitat(position).tolist()
        out[f"camera_{c}_rotation_in_quaternion"] = [float(np.cos(yaw / 2)), 0.0, float(np.sin(yaw / 2)), 0.0]
    for s, position in enumerate(view.sources):
        out[f"source_{s}_position"] = to_habitat(position).tolist()
        for c in range(len(view.cameras)):
            out[f"relative_angle_between_sound_{s}_camera_{c}"] = float(np.degrees(view.azimuths[s, c]))
            out[f"sound_{s}_camera_{c}_rir_rt60"] = [float(value) for value in example.rt60[s, c]]
    return out


def to_habitat(position: NDArray[np.floating]) -> NDArray[np.float64]:
    """From x forward, y left, z up to +X right, +Y up, -Z forward; last axis of 3."""
    position = np.asarray(position, float)
    return np.stack([-position[..., 1], position[..., 2], -position[..., 0]], axis=-1).astype(np.float64)


def from_habitat(position: NDArray[np.floating]) -> NDArray[np.float64]:
    """The inverse of `to_habitat`."""
    position = np.asarray(position, float)
    return np.stack([-position[..., 2], -position[..., 0], position[..., 1]], axis=-1).astype(np.float64)


def read_example(folder: str | Path) -> Example:
    """Read an example of ours or of the original data, which has no true depth and no record.

    Raises:
        InputError: a file is missing, too large, or is not what the format says; the message names it.
    """
    folder = Path(folder)
    path = folder / "metadata.json"
    data, ours = _read_json(path), read_record(folder)
    cameras = _count(data, "camera", path, MOST_CAMERAS)
    sources = _count(data, "source", path, MOST_SOURCES)
    scale = _number(ours.get("rir_scale", 1.0), folder / OURS, "rir_scale")
    pairs = [(s, c) for s in range(sources) for c in range(cameras)]
    direct, indirect = (
        _stack([_read_response(folder / kind / f"sound_{s}_camera_{c}_rir.wav") for s, c in pairs]) / scale
        for kind in KINDS[1:]
    )
    return example_of(
        str(folder),
        data,
        ours,
        [decode_picture(str(p), _read_bytes(p)) for p in (folder / f"camera_{c}_rgb.png" for c in range(cameras))],
        direct.reshape(sources, cameras, 2, -1).astype(np.float32),
        indirect.reshape(sources, cameras, 2, -1).astype(np.float32),
        _read_depth(folder / DEPTH) if (folder / DEPTH).exists() else None,
    )


def read_record(folder: Path) -> dict[str, Any]:
    """What `sonovista.json` of an example says, empty where there is none.

    Raises:
        InputError: it is no JSON object.
    """
    return _read_json(folder / OURS) if (folder / OURS).exists() else {}


def example_of(
    where: str,
    data: dict[str, Any],
    ours: dict[str, Any],
    pictures: list[NDArray[np.uint8]],
    direct: NDArray[np.float32],
    indirect: NDArray[np.float32],
    depth: NDArray[np.float32] | None,
) -> Example:
    """An example of its parts.

    Args:
        where: names it in messages.
        data: of `metadata.json`.
        ours: of `sonovista.json`, may be empty.
        pictures: one for each camera.
        direct: see `Example`.
        indirect: see `Example`.
        depth: see `Example`.

    Raises:
        InputError: a field is missing or wrong, or the parts do not fit each other.
    """
    path = Path(where) / "metadata.json"
    cameras = _count(data, "camera", path, MOST_CAMERAS)
    sources = _count(data, "source", path, MOST_SOURCES)
    if len(pictures) != cameras or len({picture.shape for picture in pictures}) > 1:
        raise InputError(f"{where}: expected {cameras} pictures of one size, found {[p.shape[:2] for p in pictures]}")
    for name, responses in (("direct", direct), ("indirect", indirect)):
        if responses.ndim != 4 or responses.shape[:3] != (sources, cameras, 2):
            raise InputError(f"{where}: {name}: expected ({sources}, {cameras}, 2, n), found {responses.shape}")
    if direct.shape[-1] > indirect.shape[-1]:
        # The original data may have been cut by another hand; ours always is this way round.
        indirect = np.pad(indirect, ((0, 0), (0, 0), (0, 0), (0, direct.shape[-1] - indirect.shape[-1])))
    viewpoints = Viewpoints(
        np.array([from_habitat(_vector(data, f"camera_{c}_position", 3, path)) for c in range(cameras)]),
        np.radians([_number(data.get(f"camera_{c}_angle"), path, f"camera_{c}_angle") for c in range(cameras)]),
        float(np.radians(_number(ours.get("pitch_deg", -22.5), Path(where) / OURS, "pitch_deg"))),
        np.array([from_habitat(_vector(data, f"source_{s}_position", 3, path)) for s in range(sources)]),
    )
    rt60 = [_vector(data, f"sound_{s}_camera_{c}_rir_rt60", 2, path) for s in range(sources) for c in range(cameras)]
    record = {key: value for key, value in ours.items() if key not in ("rir_scale", "pitch_deg")}
    return Example(
        str(data.get("scene_id", "")),
        viewpoints,
        np.stack(pictures),
        depth,
        direct,
        indirect,
        np.array(rt60).reshape(sources, cameras, 2),
        record,
    )


def decode_picture(where: str, data: bytes) -> NDArray[np.uint8]:
    """RGB of a picture's bytes, shape `(h, w, 3)`.

    Raises:
        InputError: it is none, or too large.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InputError(f"{where}: expected at most {MOST_PIXELS} pixels, found {image.width}x{image.height}")
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise InputError(f"{where}: expected a PNG picture, found: {error}") from None


def _write_pictures(folder: Path, example: Example) -> None:
    import cv2

    for c, image in enumerate(example.images):
        _write_png(folder / f"camera_{c}_rgb.png", image[..., ::-1])
    if example.depth is None:
        return
    for c, depth in enumerate(example.depth):
        shown = np.clip(np.nan_to_num(depth, posinf=DEPTH_SHOWN), 0.0, DEPTH_SHOWN)
        span = max(float(shown.max() - shown.min()), 1e-6)
        levels = (255.0 * (shown - shown.min()) / span).astype(np.uint8)
        _write_png(folder / f"camera_{c}_depth.png", cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS))
    with (folder / DEPTH).open("wb") as file:
        np.savez_compressed(file, metres=example.depth.astype(np.float16))


def _write_png(path: Path, bgr: NDArray[np.uint8]) -> None:
    import cv2

    done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise OSError(f"{path.name}: the picture could not be encoded")
    path.write_bytes(data.tobytes())


def _write_responses(folder: Path, example: Example) -> float:
    """Write the three kinds of impulse responses as 16-bit WAV; the factor that keeps the loudest from clipping."""
    direct = np.zeros_like(example.indirect)
    direct[..., : example.direct.shape[-1]] = example.direct
    total = direct + example.indirect
    peak = max(float(np.abs(a).max()) for a in (total, example.direct, example.indirect))
    # A power of two keeps the factor exact, and examples of like loudness comparable.
    scale = float(2.0 ** min(0.0, np.floor(np.log2(_HEADROOM / max(peak, 1e-9)))))
    for kind, responses in zip(KINDS, (total, example.direct, example.indirect), strict=True):
        (folder / kind).mkdir()
        for s, c in np.ndindex(responses.shape[:2]):
            path = folder / kind / f"sound_{s}_camera_{c}_rir.wav"
            soundfile.write(path, scale * responses[s, c].T, SAMPLE_RATE, subtype="PCM_16")
    return scale


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > 4_000_000:
            raise InputError(f"{path}: expected at most 4 MB, found {path.stat().st_size} bytes")
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: expected a JSON file, found: {error}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(data).__name__}")
    return data


def _count(data: dict[str, Any], what: str, path: Path, most: int) -> int:
    # As the original reader does: a camera for every key that holds its name and 'position'.
    count = sum(what in key and "position" in key for key in data)
    if not 1 <= count <= most:
        raise InputError(f"{path}: expected 1 to {most} positions of a {what}, found {count}")
    return count


def _number(value: Any, path: Path, name: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not np.isfinite(value):
        raise InputError(f"{path}: {name}: expected a number, found {value!r}")
    return float(value)


def _vector(data: dict[str, Any], name: str, length: int, path: Path) -> NDArray[np.float64]:
    value = data.get(name)
    if not isinstance(value, list) or len(value) != length:
        raise InputError(f"{path}: {name}: expected {length} numbers, found {value!r}")
    return np.array([_number(item, path, name) for item in value])


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a PNG picture, found: {error.strerror}") from None


def _read_depth(path: Path) -> NDArray[np.float32]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return archive["metres"].astype(np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: expected depth of all cameras, found: {error}") from None


def _read_response(path: Path) -> NDArray[np.float64]:
    try:
        with soundfile.SoundFile(path) as file:
            if file.channels != 2 or file.samplerate != SAMPLE_RATE or file.frames > MOST_SECONDS * SAMPLE_RATE:
                raise InputError(
                    f"{path}: expected 2 channels at {SAMPLE_RATE} Hz, at most {MOST_SECONDS:g} s, "
                    f"found {file.channels} at {file.samplerate} Hz, {file.frames / file.samplerate:.1f} s"
                )
            return np.asarray(file.read(dtype="float64", always_2d=True).T, np.float64)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{path}: expected a WAV file, found: {error}") from None


def _stack(responses: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One array, the shorter ones padded with silence."""
    out = np.zeros((len(responses), 2, max(r.shape[1] for r in responses)))
    for row, response in zip(out, responses, strict=True):
        row[:, : response.shape[1]] = response
    return out
