"""Measured heads from SOFA files (AES69)."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.errors import BackendUnavailable, InputError
from sonovista.geometry.frames import direction_from_angles, elevation_of

CONVENTIONS = ("SimpleFreeFieldHRIR", "SimpleFreeFieldHRTF", "GeneralFIR", "FreeFieldHRIR")
MAX_FILE_BYTES = 1 << 30
MAX_VALUES = 1 << 27
MAX_DIRECTIONS, MAX_SAMPLES = 65_536, 16_384
MIN_DIRECTIONS = 6
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_sofa(path: str | Path, sample_rate: int | None = 48_000) -> HRTFSet:
    """Read the head of a SOFA file.

    What real files do is understood: spherical or Cartesian positions, degrees or radians, one delay for all or one
    for each, either ear first, sources of one or of several distances (the farthest set is taken), versions 1 and 2 of
    the convention, missing or odd attributes.

    Args:
        path: of the file.
        sample_rate: Hz, to which the responses are resampled; None keeps the file's.

    Returns:
        The responses as measured, not equalised.

    Raises:
        InputError: no such file, not HDF5, truncated, too big, another convention, values that are not finite, sizes
            that do not fit, fewer than 6 directions.
        BackendUnavailable: `sofar` is not installed.
    """
    path = Path(path)
    _check_file(path)
    sofa = _open(path)
    convention = str(getattr(sofa, "GLOBAL_SOFAConventions", ""))
    responses = _responses(path, sofa, convention)
    directions, distances = _directions(path, sofa, len(responses[0]))
    rate = responses[1]
    hrirs = _delayed(path, sofa, responses[0], rate)
    if _right_ear_first(path, sofa):
        hrirs = hrirs[:, ::-1]
    keep = distances >= distances.max() - 0.01 - 0.01 * distances.max()
    if keep.sum() < MIN_DIRECTIONS:
        raise InputError(f"{path}: SourcePosition: expected at least {MIN_DIRECTIONS} directions, found {keep.sum()}")
    hrirs, directions = hrirs[keep], directions[keep]
    if not np.any(hrirs):
        raise InputError(f"{path}: Data.IR: expected responses, found only zeros")
    name = " ".join(t for t in (_text(sofa, "GLOBAL_DatabaseName"), _text(sofa, "GLOBAL_ListenerShortName")) if t)
    citation = _text(sofa, "GLOBAL_References") or _text(sofa, "GLOBAL_Title")
    head = HRTFSet(np.ascontiguousarray(hrirs), directions, rate, None, name or path.stem, citation)
    return head if sample_rate is None else head.resampled(sample_rate)


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise InputError(f"{path}: expected a SOFA file, found a folder")
        size = path.stat().st_size
        with path.open("rb") as file:
            signature = file.read(len(_SIGNATURE))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if size > MAX_FILE_BYTES:
        raise InputError(f"{path}: expected at most {MAX_FILE_BYTES >> 20} MiB, found {size >> 20} MiB")
    if signature != _SIGNATURE:
        found = "an empty file" if size == 0 else "another kind of file"
        raise InputError(f"{path}: expected a SOFA file (HDF5), found {found}")


def _open(path: Path) -> Any:
    try:
        import sofar
        from netCDF4 import Dataset
    except ImportError:
        raise BackendUnavailable("reading SOFA files needs sofar: pip install 'sonovista[sofa]'") from None
    try:
        with Dataset(str(path)) as file:  # sizes before values: nothing is allocated that the file only promises
            convention = str(getattr(file, "SOFAConventions", "") or "nothing")
            sizes = {name: tuple(v.shape) for name, v in file.variables.items()}
        if convention not in CONVENTIONS:
            raise InputError(f"{path}: SOFAConventions: expected one of {', '.join(CONVENTIONS)}, found {convention!r}")
        for name, shape in sizes.items():
            if np.prod([float(n) for n in shape]) > MAX_VALUES:
                raise InputError(f"{path}: {name}: expected at most {MAX_VALUES} values, found {shape}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sofar.read_sofa(str(path), verify=False, verbose=False)  # pyright: ignore[reportArgumentType]
    except InputError:
        raise
    except Exception as error:  # the netCDF and sofar readers raise what they please on a broken file
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{path}: expected a whole SOFA file, found one that cannot be read ({reason})") from None


def _text(sofa: Any, name: str) -> str:
    return " ".join(str(getattr(sofa, name, "") or "").split())[:200]


def _numbers(path: Path, sofa: Any, name: str, default: Any = None) -> NDArray[np.float64]:
    value = getattr(sofa, name, default)
    field = name.replace("Data_", "Data.")
    if value is None:
        raise InputError(f"{path}: {field}: expected numbers, found nothing")
    try:
        if np.ma.isMaskedArray(value) and np.ma.getmaskarray(value).any():
            raise InputError(f"{path}: {field}: expected finite numbers, found missing values")
        numbers = np.asarray(value, float)
    except (TypeError, ValueError):
        raise InputError(f"{path}: {field}: expected numbers, found {type(value).__name__}") from None
    if not np.isfinite(numbers).all():
        raise InputError(f"{path}: {field}: expected finite numbers, found NaN or infinity")
    return numbers


def _responses(path: Path, sofa: Any, convention: str) -> tuple[NDArray[np.float64], int]:
    """Impulse responses `(directions, 2, samples)` and their rate."""
    if convention == "SimpleFreeFieldHRTF":
        return _from_transfer_functions(path, sofa)
    responses = _numbers(path, sofa, "Data_IR")
    if responses.ndim == 2 and responses.shape[0] == 2:  # a single measurement loses its axis
        responses = responses[None]
    _check_shape(path, "Data.IR", responses.shape)
    return responses, _sample_rate(
        path, _numbers(path, sofa, "Data_SamplingRate"), _text(sofa, "Data_SamplingRate_Units")
    )


def _from_transfer_functions(path: Path, sofa: Any) -> tuple[NDArray[np.float64], int]:
    values = _numbers(path, sofa, "Data_Real") + 1j * _numbers(path, sofa, "Data_Imag")
    frequencies = np.atleast_1d(_numbers(path, sofa, "N"))
    _check_shape(path, "Data.Real", values.shape)
    step = np.diff(frequencies)
    count = values.shape[2]
    if len(frequencies) != count or count < 3 or step[0] <= 0.0 or np.ptp(step) > 1e-3 * step[0]:
        raise InputError(f"{path}: N: expected {count} evenly spaced frequencies, found {len(frequencies)}")
    first = round(frequencies[0] / step[0])
    if first > 1 or abs(frequencies[0] - first * step[0]) > 0.01 * step[0]:
        raise InputError(f"{path}: N: expected frequencies from 0 Hz or one step above, found {frequencies[0]:g} Hz")
    if first == 1:  # without 0 Hz: the pressure there is the magnitude at the first
        values = np.concatenate([np.abs(values[..., :1]), values], axis=-1)
    rate = _sample_rate(path, np.atleast_1d(2.0 * frequencies[-1]), "hertz")
    return np.fft.irfft(values, axis=-1), rate


def _check_shape(path: Path, field: str, shape: tuple[int, ...]) -> None:
    if len(shape) != 3 or shape[1] != 2 or 0 in shape:
        raise InputError(f"{path}: {field}: expected (directions, 2 ears, samples), found {shape}")
    if shape[0] > MAX_DIRECTIONS or shape[2] > MAX_SAMPLES:
        raise InputError(f"{path}: {field}: expected at most {MAX_DIRECTIONS} x {MAX_SAMPLES}, found {shape}")


def _sample_rate(path: Path, value: NDArray[np.float64], unit: str) -> int:
    rates = np.unique(value)
    if len(rates) != 1:
        raise InputError(f"{path}: Data.SamplingRate: expected one rate, found {len(rates)}")
    rate = float(rates[0]) * (1000.0 if "khz" in unit.lower() or "kilo" in unit.lower() else 1.0)
    if not 8000.0 <= rate <= 768_000.0:
        raise InputError(f"{path}: Data.SamplingRate: expected 8000 to 768000 Hz, found {rate:g}")
    return round(rate)


def _directions(path: Path, sofa: Any, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors from listener to source in the listener's frame, and distances in metres (0 where not told)."""
    position = np.atleast_2d(_numbers(path, sofa, "SourcePosition"))
    if position.shape == (1, 3) and count > 1:  # some files hold the source still and turn the listener
        return _directions_of_view(path, sofa, position, count)
    if position.shape != (count, 3):
        raise InputError(f"{path}: SourcePosition: expected ({count}, 3), found {position.shape}")
    kind, unit = _text(sofa, "SourcePosition_Type").lower(), _text(sofa, "SourcePosition_Units").lower()
    if kind.startswith("cart"):
        listener = np.atleast_2d(_numbers(path, sofa, "ListenerPosition", np.zeros((1, 3))))
        cartesian = _text(sofa, "ListenerPosition_Type").lower() in ("", "cartesian")
        if cartesian and listener.shape in ((1, 3), (count, 3)):
            position = position - listener
        distances = np.linalg.norm(position, axis=1)
        if distances.min() <= 0.0:
            raise InputError(f"{path}: SourcePosition: expected sources away from the listener, found one at it")
        return position / distances[:, None], distances
    if kind and not kind.startswith("spher"):
        raise InputError(f"{path}: SourcePosition.Type: expected spherical or cartesian, found {kind!r}")
    return _from_spherical(path, position, unit)


def _from_spherical(
    path: Path, position: NDArray[np.float64], unit: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angles = position[:, :2] if "radian" in unit.split(",")[0] else np.radians(position[:, :2])
    if np.abs(angles[:, 1]).max() > 0.5 * np.pi + 1e-3 or np.abs(angles[:, 0]).max() > 4.0 * np.pi:
        raise InputError(f"{path}: SourcePosition: expected elevations of -90 to 90 degrees, found others")
    return direction_from_angles(angles[:, 0], angles[:, 1]), np.maximum(position[:, 2], 0.0)


def _directions_of_view(
    path: Path, sofa: Any, position: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One fixed source and a listener who turns about the vertical axis."""
    view = np.atleast_2d(_numbers(path, sofa, "ListenerView", np.zeros((0, 3))))
    if view.shape != (count, 3):
        raise InputError(f"{path}: SourcePosition: expected ({count}, 3), found {position.shape}")
    if _text(sofa, "ListenerView_Type").lower().startswith("spher"):
        view = _from_spherical(path, view, _text(sofa, "ListenerView_Units").lower())[0]
    if _text(sofa, "SourcePosition_Type").lower().startswith("cart"):
        distance = np.maximum(np.linalg.norm(position, axis=1), 1e-9)
        source = position / distance[:, None]
    else:
        source, distance = _from_spherical(path, position, _text(sofa, "SourcePosition_Units").lower())
    if np.abs(view[:, 2]).max() > 1e-3 or np.linalg.norm(view[:, :2], axis=1).min() < 1e-6:
        raise InputError(f"{path}: ListenerView: expected a listener who turns about the vertical axis, found another")
    yaw = np.arctan2(view[:, 1], view[:, 0])
    azimuth = np.arctan2(source[0, 1], source[0, 0]) - yaw
    elevation = np.full(count, elevation_of(source[0]))
    return direction_from_angles(azimuth, elevation), np.full(count, distance[0])


def _delayed(path: Path, sofa: Any, hrirs: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Responses with `Data.Delay` (samples) put before them; what all share is left out."""
    delay = _numbers(path, sofa, "Data_Delay", np.zeros((1, 2)))
    delay = np.atleast_2d(delay)
    if delay.shape not in ((1, 1), (1, 2), (len(hrirs), 2), (2, len(hrirs))):
        raise InputError(f"{path}: Data.Delay: expected (1, 2) or ({len(hrirs)}, 2), found {delay.shape}")
    delay = delay.T if delay.shape == (2, len(hrirs)) and len(hrirs) != 2 else delay
    delay = delay - delay.min()
    longest = delay.max()
    if longest <= 0.0:
        return hrirs
    if longest > 0.01 * rate:
        raise InputError(
            f"{path}: Data.Delay: expected differences of at most 10 ms, found {1e3 * longest / rate:.1f} ms"
        )
    # sub-sample delays by phase; the padding keeps the end from coming round to the beginning
    padded = hrirs.shape[-1] + int(np.ceil(longest)) + 32
    spectra = np.fft.rfft(hrirs, 2 * padded, axis=-1)
    turns = np.exp(-1j * np.pi * np.arange(padded + 1) / padded * np.broadcast_to(delay, hrirs.shape[:2])[..., None])
    return np.fft.irfft(spectra * turns, 2 * padded, axis=-1)[..., :padded]


def _right_ear_first(path: Path, sofa: Any) -> bool:
    """From the receivers' positions; files that put both in one place are taken as left first, as AES69 says."""
    position = getattr(sofa, "ReceiverPosition", None)
    if position is None:
        return False
    ears = _numbers(path, sofa, "ReceiverPosition")
    if ears.ndim < 2 or ears.shape[:2] != (2, 3):
        raise InputError(f"{path}: ReceiverPosition: expected two ears (2, 3), found {ears.shape}")
    ears = ears.reshape(2, 3, -1)[:, :, 0]
    if _text(sofa, "ReceiverPosition_Type").lower().startswith("spher"):
        scale = 1.0 if "radian" in _text(sofa, "ReceiverPosition_Units").lower() else np.pi / 180.0
        return bool(np.sin(scale * ears[0, 0]) < np.sin(scale * ears[1, 0]))
    return bool(ears[0, 1] < ears[1, 1])
