"""Make the head that the simulator hears with, from the MIT KEMAR measurement (SOFA): 16 kHz, the left ear only.

    python tools/make_simulator_head.py [MIT_KEMAR_normal_pinna.sofa]

Without a path the file is taken from the Debian package libmysofa1, as `make_hrir_filters.py` does. Needs `sofar`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from make_hrir_filters import SOFA_NAME, fetch_sofa

from sonovista.ambisonics import diffuse_field_equalized, read_sofa

SAMPLE_RATE = 16_000
TAPS = 112
FADE = 24
OUTPUT = Path(__file__).parents[1] / "src/sonovista/simulate/data/mit_kemar_16k.npz"


def main() -> None:
    """Equalise, resample, shorten, write."""
    parser = argparse.ArgumentParser(description="Make the simulator's head from the MIT KEMAR measurement.")
    parser.add_argument("sofa", type=Path, nargs="?", help=SOFA_NAME)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        head = read_sofa(arguments.sofa or fetch_sofa(Path(folder)), None)
    if not head.is_symmetric():
        raise SystemExit("expected a symmetric head, found one whose ears differ")
    head = diffuse_field_equalized(head).resampled(SAMPLE_RATE)
    left = head.hrirs[:, 0, :TAPS].copy()
    left[:, -FADE:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)
    scale = float(np.abs(left).max()) / 32767.0
    np.savez_compressed(
        arguments.output,
        allow_pickle=False,
        left=np.rint(left / scale).astype(np.int16),
        scale=np.float64(scale),
        directions=head.directions,
        sample_rate=np.int64(SAMPLE_RATE),
        delay=np.float64(head.delay),
    )
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes, {len(left)} directions")


if __name__ == "__main__":
    main()
