"""How long a user waits for `import sonovista` and for answers of `localize` and `rotation`; each in new processes.

    python benchmarks/slfm_answers.py > out/bench/slfm_answers.json

Goals: 0.5 s for the import, 1 s for each answer after the imports, the first one with the networks still to be loaded.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile
from environment import environment
from PIL import Image

from sonovista.slfm.features.pictures import FIELD_OF_VIEW
from sonovista.slfm.streams.panoramas import crop

ROOT = Path(__file__).parent.parent
GOALS = {"import_sonovista": 0.5, "localize": 1.0, "rotation_points": 1.0, "rotation_laid_over": 1.0}
_IMPORT = """
import time
begun = time.perf_counter()
import sonovista
print(time.perf_counter() - begun)
"""
_ANSWERS = """
import json, sys, time
from {module} import {name}
times = []
for _ in range({repeats}):
    begun = time.perf_counter()
    found = {name}(*sys.argv[1:])
    times.append(time.perf_counter() - begun)
print(json.dumps({{"seconds": times, "answer": found.as_dict()}}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5, help="processes for each")
    parser.add_argument("--repeats", type=int, default=5, help="answers in each process")
    options = parser.parse_args()
    document: dict[str, Any] = {"environment": environment(), "options": vars(options), "goals_s": GOALS}
    times = [float(_python(_IMPORT)) for _ in range(options.starts)]
    document["import_sonovista"] = _spread(times)
    with tempfile.TemporaryDirectory() as folder:
        sound, pictures, plain = _inputs(Path(folder))
        calls = {
            "localize": ("sonovista.slfm.sound_direction", "localize", [sound]),
            "rotation_points": ("sonovista.slfm.camera_rotation", "rotation", pictures),
            "rotation_laid_over": ("sonovista.slfm.camera_rotation", "rotation", plain),
        }
        for key, (module, name, arguments) in calls.items():
            code = _ANSWERS.format(module=module, name=name, repeats=options.repeats)
            found = [json.loads(_python(code, *arguments)) for _ in range(options.starts)]
            document[key] = {
                "first": _spread([each["seconds"][0] for each in found]),
                "later": _spread([time for each in found for time in each["seconds"][1:]]),
                "method": found[0]["answer"].get("method"),
            }
    print(json.dumps(document, indent=2))


def _python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]


def _spread(times: list[float]) -> dict[str, float | int]:
    if not times:
        return {"count": 0}
    return {"median_s": round(float(np.median(times)), 4), "worst_s": round(max(times), 4), "count": len(times)}


def _inputs(folder: Path) -> tuple[str, list[str], list[str]]:
    """10 s of stereo; two pictures with points, 640x480; two blurred ones that only laying over can settle."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.standard_normal(10 * 48_000 + 20)
    sound = folder / "walk.wav"
    soundfile.write(sound, np.column_stack([noise[20:], 0.5 * noise[:-20]]), 48_000)
    photo = np.asarray(Image.open(ROOT / "examples" / "interior.jpg").convert("RGB"))
    half = np.asarray(cv2.resize(photo, (1024, 1024), interpolation=cv2.INTER_AREA), np.uint8)
    panorama = np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))
    paths: list[list[str]] = []
    for name, blur in (("points", 0.0), ("plain", 8.0)):
        paths.append([])
        for number, yaw in enumerate((1.5, 1.9)):
            picture = crop(panorama, yaw, 0.0, 640, 480, float(FIELD_OF_VIEW))
            if blur:
                picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
            path = folder / f"{name}-{number}.png"
            Image.fromarray(picture).save(path)
            paths[-1].append(str(path))
    return str(sound), paths[0], paths[1]


if __name__ == "__main__":
    main()
