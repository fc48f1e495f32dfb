"""Make the binaural decoder that comes with the library from the MIT KEMAR measurement (SOFA).

    python tools/make_hrir_filters.py [MIT_KEMAR_normal_pinna.sofa]

Without a path the file is taken from the Debian package libmysofa1 (`apt-get download libmysofa1`, not installed).
Needs `sofar`. How good the decoders are: `benchmarks/hrtf.py`.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from sonovista.ambisonics import design_decoder, diffuse_field_equalized, read_sofa

SAMPLE_RATE = 48_000
TAPS = 256
DELAY = 48
SOFA_NAME = "MIT_KEMAR_normal_pinna.sofa"
OUTPUT = Path(__file__).parents[1] / "src/sonovista/ambisonics/data/mit_kemar_magls_48k.npz"


def fetch_sofa(folder: Path) -> Path:
    """The SOFA file out of the Debian package, unpacked into a folder."""
    subprocess.run(["apt-get", "download", "-q", "libmysofa1"], cwd=folder, check=True, stdout=sys.stderr)
    package = next(folder.glob("libmysofa1_*.deb"))
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "unpacked")], check=True)
    return next((folder / "unpacked").rglob(SOFA_NAME))


def main() -> None:
    """Design orders 1 to 7 and write them."""
    parser = argparse.ArgumentParser(description="Make the library's binaural decoder from the MIT KEMAR measurement.")
    parser.add_argument("sofa", type=Path, nargs="?", help=SOFA_NAME)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        head = diffuse_field_equalized(read_sofa(arguments.sofa or fetch_sofa(Path(folder)), SAMPLE_RATE))
    decoders = [design_decoder(head, order, taps=TAPS, delay=DELAY) for order in range(1, 8)]
    arrays = {f"left_order_{decoder.order}": decoder.filters[0] for decoder in decoders}
    np.savez(arguments.output, sample_rate=np.int64(SAMPLE_RATE), delay=np.int64(DELAY), allow_pickle=False, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
