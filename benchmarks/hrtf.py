"""Binaural decoders against the head they were made from; prints one JSON document.

    python benchmarks/hrtf.py [HEAD.sofa] [--orders 1 3 5 7]

Without a path the head is the MIT KEMAR out of the Debian package libmysofa1.

Ours and spaudiopy's `magls_bin`, made from the same responses at 48 kHz, at all measured directions. Three heads: as
measured, the same equalised to the diffuse field, and a rigid sphere. `spectral_error_db`: mean absolute difference of
the levels in ERB bands from 100 Hz to 16 kHz, over directions and ears. `itd_error_us`: mean absolute difference of the
lag of the greatest interaural cross-correlation below 1.5 kHz, upsampled 8 times. `held_out`: the decoder is made from
every second direction and measured at the others. `library`: the filters that come with the library, on the equalised
head.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import contextlib
import json
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special
from environment import environment
from numpy.typing import NDArray

from sonovista.ambisonics import (
    HRTFSet,
    design_decoder,
    diffuse_field_equalized,
    load_default_filters,
    read_sofa,
    spherical_harmonics_of_directions,
    spherical_head,
)
from sonovista.ambisonics.decoder_design import DesignMethod
from sonovista.ambisonics.diffuse_field import erb_number, frequency_of_erb_number
from sonovista.geometry.frames import angles_from_direction

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from make_hrir_filters import fetch_sofa

SAMPLE_RATE, SIZE, UPSAMPLING = 48_000, 4096, 8
FREQUENCIES = np.fft.rfftfreq(SIZE, 1.0 / SAMPLE_RATE)


def erb_bands() -> NDArray[np.float64]:
    """Rectangular bands, one ERB wide, that tile 100 Hz to 16 kHz: shape `(bands, bins)`; each row sums to 1."""
    numbers = np.linspace(erb_number(100.0), erb_number(16_000.0), 34)
    edges = frequency_of_erb_number(numbers)[:, None]
    step = FREQUENCIES[1]
    low = np.maximum(FREQUENCIES - 0.5 * step, edges[:-1])
    high = np.minimum(FREQUENCIES + 0.5 * step, edges[1:])
    overlap = np.maximum(high - low, 0.0)
    return overlap / overlap.sum(axis=1, keepdims=True)


BANDS = erb_bands()


def levels(spectra: NDArray[np.complex128]) -> NDArray[np.float64]:
    return 10.0 * np.log10(np.abs(spectra) ** 2 @ BANDS.T)


def interaural_lag(spectra: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Microseconds by which the right ear hears later, of spectra `(directions, 2, bins)`."""
    cross = np.conj(spectra[:, 0]) * spectra[:, 1] * (FREQUENCIES < 1500.0)
    samples = UPSAMPLING * SIZE
    correlation = np.fft.fftshift(np.fft.irfft(cross, samples, axis=-1), axes=-1)
    nearby = correlation[:, samples // 2 - 400 : samples // 2 + 400]  # +-1.04 ms
    return (np.argmax(nearby, axis=-1) - 400) / (UPSAMPLING * SAMPLE_RATE) * 1e6


def errors(head: HRTFSet, sn3d_filters: NDArray[np.floating]) -> dict[str, float]:
    """How far a decoder is from a head at the head's directions."""
    order = round(sn3d_filters.shape[1] ** 0.5) - 1
    harmonics = spherical_harmonics_of_directions(order, head.directions)
    heard = np.einsum("dc,eck->dek", harmonics, np.fft.rfft(sn3d_filters, SIZE, axis=-1))
    reference = head.spectra(SIZE)
    delay = np.abs(interaural_lag(heard) - interaural_lag(reference))
    horizontal = np.abs(head.directions[:, 2]) < 0.01
    result = {
        "spectral_error_db": np.abs(levels(heard) - levels(reference)).mean(),
        "itd_error_us": delay.mean(),
        "itd_error_horizontal_us": delay[horizontal].mean(),
    }
    return {name: round(float(value), 3) for name, value in result.items()}


def ours(head: HRTFSet, order: int, method: DesignMethod, taps: int) -> dict[str, Any]:
    start = time.thread_time()
    decoder = design_decoder(head, order, method, taps=taps)
    return {"taps": taps, "design_cpu_s": round(time.thread_time() - start, 2), **errors(head, decoder.filters)}


def spaudiopy_magls(head: HRTFSet, order: int) -> dict[str, Any]:
    with contextlib.redirect_stdout(sys.stderr):  # it greets on stdout
        import spaudiopy  # pyright: ignore[reportMissingImports]

    azimuth, elevation = angles_from_direction(head.directions)
    hrirs = spaudiopy.sig.HRIRs(head.hrirs[:, 0], head.hrirs[:, 1], azimuth, 0.5 * np.pi - elevation, head.sample_rate)
    start = time.thread_time()
    filters = spaudiopy.decoder.magls_bin(hrirs, order)
    seconds = time.thread_time() - start
    # its harmonics have a mean square of 1 / (4 pi); ours, SN3D, 1 / (2 n + 1)
    degree = np.floor(np.sqrt(np.arange(filters.shape[1])))
    sn3d = filters * np.sqrt((2.0 * degree + 1.0) / (4.0 * np.pi))[:, None]
    return {"taps": filters.shape[-1], "design_cpu_s": round(seconds, 2), **errors(head, sn3d)}


def held_out(head: HRTFSet, order: int, taps: int) -> dict[str, float]:
    """Made from every second direction, measured at the rest."""
    index = np.arange(len(head.directions))
    half = replace(head, hrirs=head.hrirs[index % 2 == 0], directions=head.directions[index % 2 == 0])
    rest = replace(head, hrirs=head.hrirs[index % 2 == 1], directions=head.directions[index % 2 == 1])
    return errors(rest, design_decoder(half, order, taps=taps, symmetric=head.is_symmetric()).filters)


def main() -> None:
    parser = argparse.ArgumentParser(description="Binaural decoders against the head they were made from.")
    parser.add_argument("sofa", type=Path, nargs="?")
    parser.add_argument("--orders", type=int, nargs="+", default=[1, 3, 5, 7])
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if not hasattr(scipy.special, "sph_harm"):  # spaudiopy 0.2 calls it; SciPy 1.17 took it away
        old = lambda m, n, azimuth, zenith: scipy.special.sph_harm_y(n, m, zenith, azimuth)  # noqa: E731
        setattr(scipy.special, "sph_harm", old)  # noqa: B010 - type checkers know that it is gone
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.sofa or fetch_sofa(Path(folder))
        measured = read_sofa(path, SAMPLE_RATE)
    heads = {"as_measured": (measured, 512), "equalised": (diffuse_field_equalized(measured), 256)}
    heads["rigid_sphere"] = (spherical_head(SAMPLE_RATE), 256)
    results = []
    for order in arguments.orders:
        for variant, (head, taps) in heads.items():
            row: dict[str, Any] = {"order": order, "head": variant}
            for method in ("refined", "magls", "least_squares"):
                row[f"sonovista_{method}"] = ours(head, order, method, taps)
            row["spaudiopy_magls"] = spaudiopy_magls(head, order)
            row["sonovista_held_out"] = held_out(head, order, taps)
            if variant == "equalised":
                row["sonovista_library"] = errors(head, load_default_filters(order).filters)
            results.append(row)
    peers = {name: metadata.version(name) for name in ("spaudiopy", "sofar")}
    document = {"environment": environment() | {"peers": peers}, "sofa": path.name, "results": results}
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
