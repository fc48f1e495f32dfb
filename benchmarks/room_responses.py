"""Room responses beside pyroomacoustics and torchrir; prints one JSON document.

    python benchmarks/room_responses.py [--repeat 7]

`omnidirectional`: one microphone at equal image order and absorption, orders 1 to 40; pyroomacoustics' fractional delay
of 40 samples is taken out and its high-pass is off. Seconds are the least of the repetitions, taken in turn. `rt60_s`:
T30 after a high-pass of 100 Hz: images that keep their sign add up to pressure at 0 Hz, which decays in its own way.
`binaural`: ears of MIT KEMAR, reflections one by one for 50 ms and then a statistical tail, against the full-order
response of two omnidirectional microphones by pyroomacoustics; its decay against that of the same ears with every image
one by one. `rt60_targets`: T30 of ears, direct and indirect together, against the time asked for.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np
import pyroomacoustics as pra  # pyright: ignore[reportMissingImports]
from environment import environment
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from sonovista.acoustics.decay import energy_decay_curve, rt60
from sonovista.acoustics.image_sources import omnidirectional_response
from sonovista.acoustics.shoebox import absorption_for_rt60
from sonovista.geometry.frames import rotation_from_yaw_pitch_roll
from sonovista.render.room_head import RoomHead
from sonovista.render.room_responses import LateField, binaural_room_response, binaural_room_responses
from sonovista.simulate.heads import load_head

RATE = 16_000
SIZE = np.array([6.0, 5.0, 3.0])
SOURCE, MICROPHONE = np.array([1.3, 3.9, 1.1]), np.array([4.2, 1.7, 1.6])
ORDERS = (1, 2, 3, 5, 8, 12, 17, 25, 40)
HIGH = np.asarray(butter(4, 100.0, "high", fs=RATE, output="sos"))
PEER_DELAY = 40


def least_seconds(calls: dict[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Of every call, the least wall time; in turn, so that whatever else the machine does meets all alike."""
    for call in calls.values():
        call()
    best = dict.fromkeys(calls, np.inf)
    for _ in range(repeat):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def peer(absorption: float, order: int, microphones: NDArray[np.float64]) -> NDArray[np.float64]:
    """Responses by pyroomacoustics, shape `(microphones, samples)`, 1 at 1 m."""
    room = pra.ShoeBox(SIZE, fs=RATE, materials=pra.Material(absorption), max_order=order)
    room.add_source(SOURCE)
    room.add_microphone_array(microphones.T)
    room.compute_rir()
    assert room.rir is not None
    rows = [room.rir[m][0][PEER_DELAY:] for m in range(len(microphones))]
    shortest = min(map(len, rows))
    return np.stack([row[:shortest] for row in rows])


def torchrir_call(absorption: float, order: int, duration: float) -> Callable[[], NDArray[np.float64]]:
    import torch
    from torchrir import MicrophoneArray, Room, Source  # pyright: ignore[reportMissingImports]
    from torchrir.config import SimulationConfig  # pyright: ignore[reportMissingImports]
    from torchrir.models import StaticScene  # pyright: ignore[reportMissingImports]
    from torchrir.sim import simulate  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)
    scene = StaticScene(
        room=Room.shoebox(size=SIZE.tolist(), fs=RATE, beta=[float(np.sqrt(1.0 - absorption))] * 6),
        sources=Source.from_positions([SOURCE.tolist()]),
        mics=MicrophoneArray.from_positions([MICROPHONE.tolist()]),
    )
    config = SimulationConfig(max_order=order, tmax=duration)
    return lambda: simulate(scene, config).rirs.detach().numpy().reshape(-1).astype(float)


def attempt(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except Exception as error:  # a peer that fails is a result too
        return {"failed": f"{type(error).__name__}: {error}"[:200]}


def torchrir_row(absorption: float, order: int, repeat: int) -> dict[str, Any]:
    ours = omnidirectional_response(SIZE, SOURCE, MICROPHONE, absorption, RATE, max_order=order)
    call = torchrir_call(absorption, order, len(ours) / RATE)
    seconds = least_seconds({"peer": call}, repeat)["peer"]
    theirs = call()
    early = round(0.05 * RATE)
    count = min(early, len(theirs))
    lags = range(-60, 61)
    best = max((float(np.corrcoef(np.roll(theirs, -lag)[:count], ours[:count])[0, 1]), lag) for lag in lags)
    return {"ms": 1e3 * seconds, "best_correlation_first_50_ms": best[0], "at_lag_samples": best[1]}


def omnidirectional(order: int, absorption: float, repeat: int) -> dict[str, Any]:
    calls = {
        "sonovista": lambda: omnidirectional_response(SIZE, SOURCE, MICROPHONE, absorption, RATE, max_order=order),
        "pyroomacoustics": lambda: peer(absorption, order, MICROPHONE[None]),
    }
    seconds = least_seconds(calls, repeat)
    ours, theirs = calls["sonovista"](), calls["pyroomacoustics"]()[0]
    early, count = round(0.05 * RATE), min(len(ours), len(theirs))
    times = [rt60(sosfilt(HIGH, response[:count]), RATE) for response in (ours, theirs)]
    return {
        "order": order,
        "ms": {name: 1e3 * value for name, value in seconds.items()},
        "times_faster": seconds["pyroomacoustics"] / seconds["sonovista"],
        "correlation_first_50_ms": float(np.corrcoef(ours[: min(early, count)], theirs[: min(early, count)])[0, 1]),
        "rt60_s": dict(zip(calls, times, strict=True)),
        "rt60_difference_percent": 100.0 * (times[0] / times[1] - 1.0),
    }


def decay_differences(head: RoomHead, absorption: float, places: int, late: LateField) -> dict[str, Any]:
    """Largest difference of decay curves of ears down to two levels, over places and both ears."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(places):
        source, listener = SIZE * rng.uniform(0.2, 0.8, 3), SIZE * rng.uniform(0.2, 0.8, 3)
        arguments = (SIZE, absorption, source, listener, rotation_from_yaw_pitch_roll(rng.uniform(-3, 3)), head)
        short = binaural_room_response(*arguments, duration=0.45, seed=seed, late_field=late)
        whole = binaural_room_response(*arguments, duration=0.45, early_seconds=0.5)
        ours, full = (
            energy_decay_curve(sosfilt(HIGH, response.direct + response.indirect)) for response in (short, whole)
        )
        heard = [np.asarray(sosfilt(HIGH, r.direct + r.indirect)) for r in (short, whole)]
        both = [energy_decay_curve(ears.reshape(-1, order="F")) for ears in heard]
        for level in (-20.0, -30.0, -40.0):
            ears = [np.abs(a - b)[b > level].max() for a, b in zip(ours, full, strict=True)]
            rows.append((level, max(ears), np.abs(both[0] - both[1])[both[1] > level].max()))
    table = np.array(rows)
    result = {}
    for level in (-20.0, -30.0, -40.0):
        part = table[table[:, 0] == level]
        result[f"to {level:.0f} dB"] = {
            "worse ear, median": float(np.median(part[:, 1])),
            "worse ear, largest": float(part[:, 1].max()),
            "both ears together, median": float(np.median(part[:, 2])),
            "both ears together, largest": float(part[:, 2].max()),
        }
    return {"places": places, **result}


def binaural(head: RoomHead, repeat: int) -> dict[str, Any]:
    absorption = absorption_for_rt60(SIZE, 0.4)
    order = int(np.ceil(343.0 * 0.4 * np.linalg.norm(1.0 / SIZE))) + 3  # no path of 0.4 s meets more walls
    pair = MICROPHONE + np.array([[0.0, 0.0875, 0.0], [0.0, -0.0875, 0.0]])
    turns = np.stack([rotation_from_yaw_pitch_roll(yaw) for yaw in (0.0, 0.4, -0.3, 0.8)])
    seconds = least_seconds(
        {
            "sonovista": lambda: binaural_room_response(
                SIZE, absorption, SOURCE, MICROPHONE, turns[0], head, duration=0.45
            ),
            "sonovista, 4 rotations": lambda: binaural_room_responses(
                SIZE, absorption, SOURCE, MICROPHONE, turns, head, duration=0.45
            ),
            "sonovista, late field isotropic": lambda: binaural_room_response(
                SIZE, absorption, SOURCE, MICROPHONE, turns[0], head, duration=0.45, late_field="isotropic"
            ),
            "sonovista, all images to 0.4 s": lambda: binaural_room_response(
                SIZE, absorption, SOURCE, MICROPHONE, turns[0], head, duration=0.45, early_seconds=0.4
            ),
            "pyroomacoustics, two microphones": lambda: peer(absorption, order, pair),
        },
        max(3, repeat // 2),
    )
    return {
        "rt60_s": 0.4,
        "absorption": absorption,
        "peer_order": order,
        "ms": {name: 1e3 * value for name, value in seconds.items()},
        "share_of_peers_time": seconds["sonovista"] / seconds["pyroomacoustics, two microphones"],
        "decay_curve_difference_db": {
            late: decay_differences(head, absorption, 12, late) for late in ("images", "isotropic")
        },
    }


def rt60_targets(head: RoomHead, count: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    errors = []
    while len(errors) < count:
        size, wanted = np.array([*rng.uniform(3.0, 8.0, 2), rng.uniform(2.4, 4.0)]), rng.uniform(0.1, 0.5)
        source, listener = size * rng.uniform(0.1, 0.9, 3), size * rng.uniform(0.1, 0.9, 3)
        if not 0.8 < np.linalg.norm(source - listener) < 4.0:
            continue
        turn = rotation_from_yaw_pitch_roll(rng.uniform(-np.pi, np.pi))
        response = binaural_room_response(
            size, absorption_for_rt60(size, wanted), source, listener, turn, head, seed=len(errors)
        )
        errors.append([rt60(ear, RATE) / wanted - 1.0 for ear in response.direct + response.indirect])
    error = 100.0 * np.array(errors)
    return {
        "rooms": count,
        "mean_error_percent": float(error.mean()),
        "mean_absolute_error_percent": float(np.abs(error).mean()),
        "ears_within_10_percent": float((np.abs(error) <= 10.0).mean()),
        "rooms_whose_ears_mean_is_within_10_percent": float((np.abs(error.mean(axis=1)) <= 10.0).mean()),
        "largest_percent": float(np.abs(error).max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    pra.constants.set("c", 343.0)
    pra.constants.set("rir_hpf_enable", False)
    pra.constants.set("num_threads", 1)
    head = load_head()
    rows = [omnidirectional(order, 0.3, repeat) for order in ORDERS]
    peers = {name: metadata.version(name) for name in ("pyroomacoustics", "torchrir")}
    report = {
        "benchmark": "room_responses",
        "environment": environment() | {"peers": peers},
        "size_m": SIZE.tolist(),
        "sample_rate": RATE,
        "omnidirectional": rows,
        "least_times_faster": min(row["times_faster"] for row in rows),
        "least_correlation_first_50_ms": min(row["correlation_first_50_ms"] for row in rows),
        "binaural": binaural(head, repeat),
        "rt60_targets": rt60_targets(head, 200),
        "torchrir": {  # last: its threads would slow down the others
            order: attempt(lambda order=order: torchrir_row(0.3, order, max(2, repeat // 3))) for order in (1, 5, 17)
        },
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
