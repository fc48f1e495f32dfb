"""SOFA files as the world makes them, and as it should not."""

from pathlib import Path
from typing import Any

import numpy as np

from sonovista.ambisonics import HRTFSet
from sonovista.geometry import angles_from_direction


def spherical_degrees(directions: np.ndarray, distance: float = 1.4) -> np.ndarray:
    azimuth, elevation = np.degrees(angles_from_direction(directions))
    return np.stack([azimuth % 360.0, elevation, np.full(len(azimuth), distance)], axis=1)


def fields_of(head: HRTFSet) -> dict[str, Any]:
    """Variables and attributes of an ordinary file; change them before `write`."""
    return {
        "convention": "SimpleFreeFieldHRIR",
        "Data.IR": head.hrirs,
        "Data.SamplingRate": np.array([float(head.sample_rate)]),
        "Data.SamplingRate:Units": "hertz",
        "Data.Delay": np.zeros((1, 2)),
        "SourcePosition": spherical_degrees(head.directions),
        "SourcePosition:Type": "spherical",
        "SourcePosition:Units": "degree, degree, metre",
        "ReceiverPosition": np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])[..., None],
        "ReceiverPosition:Type": "cartesian",
        "ReceiverPosition:Units": "metre",
        "ListenerPosition": np.zeros((1, 3)),
        "ListenerPosition:Type": "cartesian",
        "ListenerView": np.array([[1.0, 0.0, 0.0]]),
        "ListenerView:Type": "cartesian",
    }


def write(path: Path, fields: dict[str, Any]) -> Path:
    """Write a file by netCDF alone, whatever it holds."""
    from netCDF4 import Dataset

    with Dataset(str(path), "w", format="NETCDF4") as file:
        file.setncatts({"Conventions": "SOFA", "Version": "1.0", "SOFAConventionsVersion": "1.0", "DataType": "FIR"})
        if fields.get("convention") is not None:
            file.setncattr("SOFAConventions", fields["convention"])
        for name, value in fields.items():
            if ":" in name or name == "convention" or value is None:
                continue
            value = np.asarray(value)
            axes = []
            for size in value.shape:
                axis = f"D{size}"
                if axis not in file.dimensions:
                    file.createDimension(axis, size)
                axes.append(axis)
            # a size that occurs twice needs two dimensions for netCDF's sake only
            variable = file.createVariable(name, value.dtype if value.dtype.kind == "f" else "f8", axes)
            variable[...] = value
        for name, value in fields.items():
            if ":" in name and value is not None and name.split(":")[0] in file.variables:
                file.variables[name.split(":")[0]].setncattr(name.split(":")[1], value)
    return path
