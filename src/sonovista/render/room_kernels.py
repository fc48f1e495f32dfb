"""The compiled loops of room responses: reflections into ears and into Ambisonic channels."""

from math import asin, atan2, pi, sqrt

import numba

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}


@numba.njit(**_OPTIONS)
def add_binaural(arrival, x, y, z, gain, responses, delays, pulses, scratch, out):
    """Add what both ears hear of plane waves.

    Args:
        arrival: samples to the head's centre, counted from `out`'s first, shape `(N,)`.
        x: of unit vectors in the head's frame, shape `(N,)`.
        y: likewise.
        z: likewise.
        gain: shape `(N, bands)`.
        responses: of a `RoomHead`.
        delays: of a `RoomHead`.
        pulses: a `pulse_table`, float32.
        scratch: float32, as long as a response and a pulse together.
        out: shape `(bands, 2, samples)`, float32; what falls outside is lost.
    """
    rows, columns, taps = responses.shape[0] - 1, responses.shape[1] - 1, responses.shape[3]
    phases, width = pulses.shape[0] - 1, pulses.shape[1]
    half = width // 2
    bands, samples = out.shape[0], out.shape[2]
    length = taps + width - 1
    for n in range(len(arrival)):
        azimuth = atan2(y[n], x[n])
        if azimuth < 0.0:
            azimuth += 2.0 * pi
        column = azimuth * (columns / (2.0 * pi))
        row = (asin(min(1.0, max(-1.0, z[n]))) / pi + 0.5) * rows
        j, i = min(int(column), columns - 1), min(int(row), rows - 1)
        v, u = column - j, row - i
        near_i, near_j = i + int(u > 0.5), j + int(v > 0.5)
        for ear in range(2):
            delay = (1.0 - u) * ((1.0 - v) * delays[i, j, ear] + v * delays[i, j + 1, ear])
            delay += u * ((1.0 - v) * delays[i + 1, j, ear] + v * delays[i + 1, j + 1, ear])
            place = arrival[n] + delay - half
            whole = int(place) if place >= 0.0 else -int(-place) - 1
            phase = int((place - whole) * phases + 0.5)
            first, last = max(0, -whole), min(length, samples - whole)
            if last <= first:
                continue
            pulse = pulses[phase]
            response = responses[near_i, near_j, ear]
            for t in range(length):
                scratch[t] = 0.0
            for k in range(width):
                amount = pulse[k]
                for t in range(taps):
                    scratch[k + t] += amount * response[t]
            for b in range(bands):
                amount = gain[n, b]
                line = out[b, ear]
                for t in range(first, last):
                    line[whole + t] += amount * scratch[t]


@numba.njit(**_OPTIONS)
def add_energies(place, x, y, z, power, table, out):
    """Add energies of plane waves, as both ears hear them, to the two points in time between which they arrive.

    Args:
        place: when they arrive, in steps between points, shape `(N,)`.
        x: of unit vectors in the head's frame, shape `(N,)`.
        y: likewise.
        z: likewise.
        power: shape `(N, 1)` or `(N, bands)`.
        table: of the head, by direction: `RoomHead.directional_power`.
        out: shape `(bands, 2, points)`; what falls outside is lost.
    """
    rows, columns = table.shape[0] - 1, table.shape[1] - 1
    bands, points = out.shape[0], out.shape[2]
    for n in range(len(place)):
        k = int(place[n])
        if k + 1 >= points:
            continue
        late = place[n] - k
        azimuth = atan2(y[n], x[n])
        if azimuth < 0.0:
            azimuth += 2.0 * pi
        j = min(int(azimuth * (columns / (2.0 * pi)) + 0.5), columns)
        i = min(int((asin(min(1.0, max(-1.0, z[n]))) / pi + 0.5) * rows + 0.5), rows)
        for b in range(bands):
            amount = power[n, min(b, power.shape[1] - 1)]
            for ear in range(2):
                heard = amount * table[i, j, b, ear]
                out[b, ear, k] += heard * (1.0 - late)
                out[b, ear, k + 1] += heard * late


@numba.njit(**_OPTIONS)
def add_channels(arrival, weight, gain, pulses, out):
    """Add pulses to channels: `weight` is `(N, channels)`, `gain` `(N, bands)`, `out` `(bands, channels, samples)`."""
    phases, width = pulses.shape[0] - 1, pulses.shape[1]
    half = width // 2
    bands, channels, samples = out.shape
    for n in range(len(arrival)):
        place = arrival[n] - half
        whole = int(place) if place >= 0.0 else -int(-place) - 1
        pulse = pulses[int((place - whole) * phases + 0.5)]
        first, last = max(0, -whole), min(width, samples - whole)
        for b in range(bands):
            for c in range(channels):
                amount = gain[n, b] * weight[n, c]
                line = out[b, c]
                for t in range(first, last):
                    line[whole + t] += amount * pulse[t]


@numba.njit(**_OPTIONS)
def decode_turned(spectra, turn, filters, ears):
    """Spectra of the ears, `(2, bins)`, from those of a field, `(K, bins)`, turned by a matrix `(K, K)`.

    The matrix mixes channels of one degree alone. Its product with the filters is formed bin by bin.
    """
    channels, bins = spectra.shape
    for e in range(2):
        for k in range(bins):
            ears[e, k] = 0.0
    for c in range(channels):
        degree = int(sqrt(c + 0.5))
        for d in range(degree * degree, (degree + 1) * (degree + 1)):
            amount = turn[c, d]
            if amount == 0.0:
                continue
            for e in range(2):
                for k in range(bins):
                    ears[e, k] += amount * filters[e, c, k] * spectra[d, k]
