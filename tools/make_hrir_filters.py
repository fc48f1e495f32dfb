"""Make the binaural decoder that comes with the library from the MIT KEMAR measurement (SOFA).

    python tools/make_hrir_filters.py [MIT_KEMAR_normal_pinna.sofa] [--quality]

Without a path the file is taken from the Debian package libmysofa1 (`apt-get download libmysofa1`, not installed).
Needs `sofar` (in the `dev` extra).
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import sofar
import soxr

from sonovista.ambisonics.decoder_design import (
    EarResponses,
    filters_from_spectra,
    magnitude_least_squares,
    prepare_ear_responses,
)
from sonovista.ambisonics.hrtf import load_default_filters
from sonovista.ambisonics.spherical_harmonics import spherical_harmonics_of_directions
from sonovista.geometry.frames import direction_from_angles

SAMPLE_RATE = 48_000
TAPS = 256
DELAY = 40
SOFA_NAME = "MIT_KEMAR_normal_pinna.sofa"
OUTPUT = Path(__file__).parents[1] / "src/sonovista/ambisonics/data/mit_kemar_magls_48k.npz"


def fetch_sofa(folder: Path) -> Path:
    """The SOFA file out of the Debian package, unpacked into a folder."""
    subprocess.run(["apt-get", "download", "libmysofa1"], cwd=folder, check=True)
    package = next(folder.glob("libmysofa1_*.deb"))
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "unpacked")], check=True)
    return next((folder / "unpacked").rglob(SOFA_NAME))


def read_sofa(path: Path) -> tuple[np.ndarray, np.ndarray, float]:
    """HRIRs `(directions, 2, samples)`, unit vectors `(directions, 3)` and sample rate of a SOFA file."""
    sofa: Any = sofar.read_sofa(str(path))
    if sofa.GLOBAL_SOFAConventions != "SimpleFreeFieldHRIR" or not str(sofa.SourcePosition_Type).startswith(
        "spherical"
    ):
        raise SystemExit(f"{path}: expected SimpleFreeFieldHRIR with spherical positions")
    if sofa.ReceiverPosition[0][1] < sofa.ReceiverPosition[1][1]:
        raise SystemExit(f"{path}: expected the left ear first")
    angles = np.radians(sofa.SourcePosition[:, :2])
    return sofa.Data_IR, direction_from_angles(angles[:, 0], angles[:, 1]), float(sofa.Data_SamplingRate)


def ear_responses(path: Path) -> EarResponses:
    """The file's responses at the library's rate, equalised, and complete around the sphere."""
    hrirs, directions, rate = read_sofa(path)
    flat = hrirs.reshape(-1, hrirs.shape[-1])
    resampled = np.stack([soxr.resample(h, rate, SAMPLE_RATE, quality="VHQ") for h in flat])
    return prepare_ear_responses(resampled.reshape(*hrirs.shape[:2], -1), directions, SAMPLE_RATE)


def quality(responses: EarResponses, measured: int) -> list[dict[str, float]]:
    """How near each order comes to the responses at the measured directions.

    Spectral error: mean absolute dB from 100 Hz to 16 kHz, every octave alike. Delay error: of the interaural lag of
    the cross-correlation below 1.5 kHz, upsampled 8 times.
    """
    frequencies, directions = responses.frequencies, responses.directions[:measured]
    band = (frequencies > 100.0) & (frequencies < 16_000.0)
    octaves = (1.0 / frequencies[band]) / np.sum(1.0 / frequencies[band])
    reference = responses.spectra[: 2 * measured].reshape(2, measured, -1)
    lag = interaural_delay(reference[0], reference[1], frequencies)
    horizontal = np.abs(directions[:, 2]) < 0.01
    rows = []
    for order in range(1, 8):
        filters = load_default_filters(order).filters
        harmonics = spherical_harmonics_of_directions(order, directions)
        decoded = np.fft.rfft(np.einsum("dc,ect->edt", harmonics, filters), 2 * (len(frequencies) - 1), axis=-1)
        difference = 20.0 * np.log10(np.abs(decoded[0][:, band]) / np.abs(reference[0][:, band]))
        error = np.abs(interaural_delay(decoded[0], decoded[1], frequencies) - lag)
        rows.append(
            {
                "order": order,
                "spectral_error_db": round(float((np.abs(difference) @ octaves).mean()), 3),
                "delay_error_us": round(float(error.mean()), 2),
                "delay_error_horizontal_us": round(float(error[horizontal].mean()), 2),
            }
        )
    return rows


def interaural_delay(left: np.ndarray, right: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Microseconds by which the right ear hears later, of spectra `(directions, bins)`."""
    cross = np.conj(left) * right * (frequencies < 1500.0)
    samples = 8 * 2 * (len(frequencies) - 1)
    correlation = np.fft.fftshift(np.fft.irfft(cross, samples, axis=-1), axes=-1)
    nearby = correlation[:, samples // 2 - 400 : samples // 2 + 400]
    return (np.argmax(nearby, axis=-1) - 400) / (8.0 * SAMPLE_RATE) * 1e6


def main() -> None:
    """Design orders 1 to 7 and write them."""
    parser = argparse.ArgumentParser(description="Make the library's binaural decoder from the MIT KEMAR measurement.")
    parser.add_argument("sofa", type=Path, nargs="?", help=SOFA_NAME)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    parser.add_argument("--quality", action="store_true", help="measure the library's filters instead, as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.sofa or fetch_sofa(Path(folder))
        responses = ear_responses(path)
        if arguments.quality:
            print(json.dumps({"sofa": path.name, "orders": quality(responses, len(read_sofa(path)[1]))}, indent=2))
            return
    arrays = {
        f"left_order_{order}": filters_from_spectra(magnitude_least_squares(responses, order), TAPS, DELAY)
        for order in range(1, 8)
    }
    np.savez(arguments.output, sample_rate=np.int64(SAMPLE_RATE), delay=np.int64(DELAY), allow_pickle=False, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
