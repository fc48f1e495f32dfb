"""What a stage returned, as one .npz file: arrays as arrays, everything else as JSON beside them.

Only what the stages' protocols use can be stored: dataclasses, lists, tuples, strings, numbers, None and arrays. The
type that is read is given by the reader, never by the file, and nothing is pickled.
"""

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from sonovista.whole_files import whole_file

T = TypeVar("T")
_TREE = "__tree__"


def write_stage_file(path: Path, value: object) -> None:
    """Write a stage's output to `path`, whole or not at all."""
    arrays: dict[str, NDArray[Any]] = {}
    tree = json.dumps(_pack(value, arrays))
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **{_TREE: np.frombuffer(tree.encode(), np.uint8)}, **arrays)  # pyright: ignore[reportArgumentType]


def read_stage_file(path: Path, kind: type[T]) -> T:
    """Read back what `write_stage_file` wrote of a value of type `kind`.

    Raises:
        ValueError, KeyError, OSError: the file does not hold such a value.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return _unpack(json.loads(arrays[_TREE].tobytes()), kind, arrays)


def _pack(value: object, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _pack(getattr(value, field.name), arrays) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"a stage's output cannot hold {type(value).__name__}")


def _unpack(tree: Any, kind: Any, arrays: typing.Mapping[str, NDArray[Any]]) -> Any:
    origin = get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        if tree is None:
            return None
        return _unpack(tree, next(arm for arm in get_args(kind) if arm is not type(None)), arrays)
    if kind is np.ndarray or origin is np.ndarray:
        return arrays[tree]
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(
            **{field.name: _unpack(tree[field.name], hints[field.name], arrays) for field in dataclasses.fields(kind)}
        )
    if origin is list:
        return [_unpack(item, get_args(kind)[0], arrays) for item in tree]
    if origin is tuple:
        return tuple(_unpack(item, get_args(kind)[0], arrays) for item in tree)
    return tree
