"""Birds: songs in several styles, owls and doves, and the wood around them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_wrapped
from sonovista.generate.sounding.synthesis.songs import STYLES, Syllable, draw_song, sing
from sonovista.signal.noise import band_gain, circular_filter, diffuse_tail, gain_curve, shaped_noise

Loop = NDArray[np.float64]


@dataclass(frozen=True)
class Singer:
    """Where a bird sits and what it sings.

    Attributes:
        style: key of `STYLES`.
        register: Hz round which its voice lies.
        distance: metres.
        songs: how many songs in a loop of 8 s.
    """

    style: str
    register: float
    distance: float
    songs: int


def draw_singers(rng: np.random.Generator, seconds: float) -> list[Singer]:
    """One to five birds of one to three kinds; the first is the nearest."""
    count = int(rng.choice([1, 1, 2, 2, 3, 4, 5]))
    kinds = [str(rng.choice(list(STYLES))) for _ in range(min(count, 3))]
    distances = np.sort(4.0 * np.exp(rng.uniform(0, 2.2, count)))
    singers = []
    for index in range(count):
        style = STYLES[kinds[min(index, len(kinds) - 1) if index else 0]]
        register = float(np.exp(rng.uniform(*np.log(style.register))))
        songs = max(1, round(rng.uniform(*style.songs) * seconds / 8))
        singers.append(Singer(style.name, register, float(distances[index]), songs))
    return singers


def birds(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Birds in trees: whistlers, trillers, warblers, chirpers and harsh callers, near and far.

    Each sings its own repertoire in its species' style (`songs.STYLES`). With distance the level falls by 6 dB for each
    doubling, the wood's echoes fill the gaps and the highs are scattered away (Wiley and Richards 1978, Behav. Ecol.
    Sociobiol. 3; Padgham 2004, Reverberation and frequency attenuation in forests, JASA 115).
    """
    seconds = samples / sample_rate
    singers = draw_singers(rng, seconds)
    nearest = singers[0].distance
    near, far = np.zeros(samples), np.zeros(samples)
    for singer in singers:
        layer = near if singer.distance < 1.6 * nearest else far
        style = STYLES[singer.style]
        repertoire = style.repertoire(rng, singer.register)
        offset = rng.uniform(0, samples)
        longest = 0.92 * seconds / singer.songs
        for index in range(singer.songs):
            song = draw_song(rng, style, repertoire, sample_rate, longest)
            begin = offset + (index + rng.uniform(-0.08, 0.08)) * samples / singer.songs
            add_wrapped(layer, int(begin), nearest / singer.distance * rng.uniform(0.7, 1.0) * song)
    out = _through_the_wood(near, rng, sample_rate, nearest)
    if far.any():
        out += _through_the_wood(far, rng, sample_rate, singers[-1].distance)
    return _with_air(out, rng, sample_rate)


def _through_the_wood(signal: Loop, rng: np.random.Generator, sample_rate: int, distance: float) -> Loop:
    """Echoes from trunks and ground and the wood's tail, as strong as the sound itself from some 30 m on."""
    scattered = min(1.0, (distance / 30.0) ** 0.7) * rng.uniform(0.5, 1.2)
    top = 26_000 / (1 + distance / 25.0)  # leaves scatter what is shorter than they are
    out = circular_filter(signal, sample_rate, band_gain(1e-6, top, 1))
    for delay in rng.uniform(0.01, 0.2, 10):
        echo = 0.25 * scattered * np.exp(-delay * 9) * rng.choice((-1.0, 1.0))
        out += echo * np.roll(signal, int(delay * sample_rate))
    return out + 0.45 * scattered * diffuse_tail(signal, sample_rate, rng.uniform(0.4, 1.5), rng)


def _with_air(signal: Loop, rng: np.random.Generator, sample_rate: int) -> Loop:
    """The faint air round the birds."""
    air = shaped_noise(
        len(signal), sample_rate, gain_curve([(100, -2), (400, 0), (2000, -6), (8000, -16), (16000, -30)]), rng
    )
    level = 10 ** (rng.uniform(-62, -20) / 20)
    return signal + level * np.sqrt(np.mean(signal**2)) * air


def owl(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """An owl's hoots: almost pure tones at 250 to 900 Hz, one long or a short series, once or twice in a loop.

    Large owls hoot low and small ones high (Konig and Weick 2008, Owls of the World); the tawny owl's call ends in a
    quavering note.
    """
    out = np.zeros(samples)
    pitch = float(np.exp(rng.uniform(np.log(250), np.log(900))))
    patterns = (
        [(0.0, 0.35, 0.0), (0.75, 0.12, 0.0), (0.95, 0.12, 0.0), (1.2, 0.6, 0.15)],
        [(0.0, 0.6, 0.0), (1.3, 0.9, 0.12)],
        [(0.0, 0.4, 0.0)],
        [(at, 0.18, 0.0) for at in np.arange(5) * rng.uniform(0.26, 0.45)],
    )
    pattern = patterns[int(rng.integers(0, len(patterns)))]
    calls = int(rng.integers(2, 4))
    distance = rng.uniform(5, 80)
    for call in range(calls):
        begin = (call / calls + 0.1) * samples
        for at, seconds, quaver in pattern:
            hoot = Syllable(
                seconds, pitch, rng.normal(-0.05, 0.03), 0.12, rng.uniform(6, 16), 0.01 + quaver, 0.06, 1, 0
            )
            add_wrapped(out, int(begin + at * sample_rate), sing(hoot, sample_rate, rng))
    return _with_air(_through_the_wood(out, rng, sample_rate, distance), rng, sample_rate)


def dove(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A dove or pigeon: soft coos in groups of three at 400 to 600 Hz, with a purr in the longer ones."""
    out = np.zeros(samples)
    pitch = rng.uniform(400, 600)
    lengths = rng.uniform((0.2, 0.4, 0.2), (0.3, 0.6, 0.35))
    groups = 3
    for group in range(groups):
        at = (group + rng.uniform(-0.05, 0.05)) * samples / groups
        for index, seconds in enumerate(lengths):
            coo = Syllable(float(seconds), pitch, -0.05, 0.15, 28.0 if index == 1 else 0.0, 0.03, 0.1, 1, 0)
            add_wrapped(out, int(at), sing(coo, sample_rate, rng))
            at += (seconds + 0.12) * sample_rate
    return _with_air(_through_the_wood(out, rng, sample_rate, rng.uniform(5, 40)), rng, sample_rate)
