"""Tensors out of an ONNX file, read with nothing but the standard library and NumPy.

An ONNX file is a protocol buffer: ModelProto's field 7 is the graph, whose fields 5 are its initializers (TensorProto).
Only these are read, and every length is checked against the bytes that are there (https://onnx.ai, onnx.proto3;
wire format: https://protobuf.dev/programming-guides/encoding).
"""

import mmap
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH, _INITIALIZER = 7, 5
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
_FLOAT = 1
_MOST_DIMENSIONS = 8


def float_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 initializers of an ONNX file, by name.

    Args:
        path: of the file. It stays mapped into memory as long as the arrays are used; they cannot be written to.

    Returns:
        Name -> array, views of the file. Tensors of other types, and those that hold no raw bytes, are left out.

    Raises:
        InputError: the file is no ONNX file, or is cut short.
    """
    try:
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        tensors: dict[str, NDArray[np.float32]] = {}
        for field, value in _fields(data):
            if field == _GRAPH and isinstance(value, memoryview):
                for inner, tensor in _fields(value):
                    if inner == _INITIALIZER and isinstance(tensor, memoryview):
                        tensors |= _tensor(tensor)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected an ONNX file, found {error}") from error
    if not tensors:
        raise InputError(f"{path}: expected an ONNX file with weights, found none")
    return tensors


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of every field of a message; a ValueError where it runs past its end."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield field, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"a field of the unknown wire type {kind}")
        if size > len(data) - at:
            raise ValueError("a field that is longer than the file")
        yield field, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("a number that is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number that is too long")


def _tensor(message: memoryview) -> dict[str, NDArray[np.float32]]:
    shape: list[int] = []
    name, kind, raw = "", 0, None
    for field, value in _fields(message):
        if field == _DIMS:
            if isinstance(value, int):
                shape.append(value)
            else:
                at = 0
                while at < len(value):
                    size, at = _varint(value, at)
                    shape.append(size)
        elif field == _DATA_TYPE and isinstance(value, int):
            kind = value
        elif field == _NAME and isinstance(value, memoryview):
            name = bytes(value).decode("utf-8", "replace")
        elif field == _RAW_DATA and isinstance(value, memoryview):
            raw = value
    if kind != _FLOAT or raw is None:
        return {}
    if len(shape) > _MOST_DIMENSIONS or prod(shape) * 4 != len(raw):
        raise ValueError(f"a tensor of shape {shape} in {len(raw)} bytes")
    return {name: np.frombuffer(raw, "<f4").reshape(shape)}
