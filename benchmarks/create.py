"""Seconds and peak memory of `sonovista create` for every example photo, each in a process of its own.

python benchmarks/create.py [PHOTO ...] [--size 1024]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from environment import environment

EXAMPLES = Path(__file__).parent.parent / "examples"


def measure(photo: Path, size: int) -> dict[str, Any]:
    """One run: its own seconds (imports included), peak memory and what it made."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sonovista", "create", str(photo), "-o", f"{folder}/scene", "--json"]
        process = subprocess.Popen([*command, "--size", str(size)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise SystemExit(f"create failed on {photo.name}")
        document = json.loads(output)
    return {
        "photo": photo.name,
        "panorama": f"{2 * size}x{size}",
        "seconds": document["seconds"],
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_gb": round(usage.ru_maxrss * 1024 / 1e9, 3),
        "gaussians": document["gaussian_count"],
        "sources": [source["id"] for source in document["sources"]],
        "stages": {record["name"]: record["seconds"] for record in document["stages"]},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, default=sorted(EXAMPLES.glob("*.jpg")))
    parser.add_argument("--size", type=int, default=1024)
    arguments = parser.parse_args()
    runs = [measure(photo, arguments.size) for photo in arguments.photos]
    print(json.dumps({"benchmark": "create", "environment": environment(), "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
