"""Spectra, rates and registers of the procedural sounds against what the literature has measured."""

import numpy as np
import pytest

from sonovista.generate.sounding.procedural import synthesise
from sonovista.generate.sounding.synthesis.birds import draw_singers
from sonovista.generate.sounding.synthesis.engines import firing
from sonovista.generate.sounding.synthesis.percussion import membrane_modes
from sonovista.generate.sounding.synthesis.songs import STYLES, Syllable, sing

RATE = 48_000

LONG_TERM_SPEECH = {
    63: 38.6, 80: 43.5, 100: 54.4, 125: 57.7, 160: 56.8, 200: 60.2, 250: 60.3, 315: 59.0, 400: 62.1, 500: 62.1,
    630: 60.5, 800: 56.8, 1000: 53.7, 1250: 53.0, 1600: 52.0, 2000: 48.7, 2500: 48.1, 3150: 46.8, 4000: 45.6,
    5000: 44.5, 6300: 44.3, 8000: 43.7, 10000: 43.4,
}  # fmt: skip
"""dB in third-octaves, men and women (Byrne and others 1994, JASA 96, table II)."""

OCTAVES = np.array([125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0])


def octave_levels(loop, centres=OCTAVES):
    """dB in octave bands, relative to all of them together."""
    power = np.abs(np.fft.rfft(loop)) ** 2
    frequency = np.fft.rfftfreq(len(loop), 1 / RATE)
    bands = np.array([power[(frequency > c / 2**0.5) & (frequency < c * 2**0.5)].sum() for c in centres])
    return 10 * np.log10(bands / bands.sum())


def envelope_spectrum(loop):
    """Power of the envelope in frames of 5 ms, and the frequencies, Hz."""
    envelope = np.sqrt(np.mean(loop.reshape(-1, 240) ** 2, axis=1))
    return np.abs(np.fft.rfft(envelope - envelope.mean())) ** 2, np.fft.rfftfreq(len(envelope), 0.005)


def mean_octaves(kind, seeds=3, seconds=4):
    return np.mean([octave_levels(synthesise(kind, seconds * RATE, seed)) for seed in range(seeds)], axis=0)


def test_a_crowd_has_the_long_term_spectrum_of_speech():
    thirds = np.array(list(LONG_TERM_SPEECH))
    power = 10 ** (np.array(list(LONG_TERM_SPEECH.values())) / 10)
    speech = np.array([power[np.abs(np.log2(thirds / c)) < 0.4].sum() for c in OCTAVES])
    assert mean_octaves("crowd") == pytest.approx(10 * np.log10(speech / speech.sum()), abs=4.0)


def test_a_crowd_is_modulated_at_the_rate_of_syllables():
    """Speech's modulation has its peak at 3 to 5 Hz (Houtgast and Steeneken 1985, JASA 77)."""
    total = np.zeros(3)
    for seed in range(3):
        power, frequency = envelope_spectrum(synthesise("crowd", 4 * RATE, seed))
        total += [power[(frequency > c / 1.41) & (frequency < c * 1.41)].sum() for c in (1.0, 4.0, 16.0)]
    assert total.argmax() == 1


@pytest.mark.parametrize("style", list(STYLES))
def test_no_trill_is_faster_and_wider_than_birds_can_sing(style):
    """At most 7.55 kHz less 0.124 for each repeat a second (Podos 1997, Evolution 51)."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        for syllable in STYLES[style].repertoire(rng, float(np.mean(STYLES[style].register))):
            if syllable.repeats > 2:
                rate = 1 / (syllable.seconds + syllable.gap)
                low, high = (syllable.centre * 2 ** (s * syllable.slope / 2) for s in (-1, 1))
                assert abs(high - low) <= 1.5 * max(300, 7550 - 124 * rate)
                assert rate < 45


def test_birds_sing_where_songbirds_sing():
    """Between 1 and 10 kHz, all but the air round them (Catchpole and Slater 2008, chapter 2)."""
    shares = []
    for seed in range(6):
        loop = synthesise("birds", 4 * RATE, seed)
        power, frequency = np.abs(np.fft.rfft(loop)) ** 2, np.fft.rfftfreq(4 * RATE, 1 / RATE)
        shares.append(power[(frequency > 1000) & (frequency < 10_000)].sum() / power.sum())
    assert min(shares) > 0.8


def test_the_nearest_bird_comes_first():
    rng = np.random.default_rng(1)
    for _ in range(20):
        distances = [singer.distance for singer in draw_singers(rng, 8.0)]
        assert distances == sorted(distances)
        assert 4.0 <= distances[0] <= distances[-1] < 40.0


def test_a_harsh_voice_is_broader_than_a_whistle():
    def width(rough):
        syllable = Syllable(0.3, 3000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1, 0.0, rough=rough)
        power = np.abs(np.fft.rfft(sing(syllable, RATE, np.random.default_rng(2)))) ** 2
        frequency = np.arange(len(power)) * RATE / (2 * len(power))
        mean = np.sum(power * frequency) / power.sum()
        return np.sqrt(np.sum(power * (frequency - mean) ** 2) / power.sum())

    assert width(0.8) > 5 * width(0.0)


def test_a_four_stroke_engine_fires_once_in_two_turns_a_cylinder():
    """Four cylinders at 20 turns a second: 40 Hz; unlike combustions fill the orders between (Heywood 1988, 9.4)."""
    turns = np.full(2 * RATE, 20.0)

    def orders(variation):
        power = np.abs(np.fft.rfft(firing(np.random.default_rng(3), 2 * RATE, RATE, turns, 4, variation))) ** 2
        return power / power[80], power  # bins are half a hertz

    even, power = orders(0.0)
    assert power[1:100].argmax() + 1 == 80
    uneven, _ = orders(0.25)
    between = [bin_ for bin_ in range(10, 300) if bin_ % 20]  # not a multiple of the cycle's 10 Hz
    assert uneven[between].sum() > 100 * even[between].sum()


def test_water_spans_bright_brooks_and_deep_pours():
    """From about even octaves to a fall of 3 to 6 dB an octave above 1 kHz (Watts and others 2009)."""
    slopes = []
    for seed in range(10):
        levels = octave_levels(synthesise("running_water", 2 * RATE, seed))[3:]
        slopes.append(np.polyfit(np.arange(4), levels, 1)[0])
    assert -7.5 < min(slopes) < -4.0
    assert -3.0 < max(slopes) < 1.5


def test_frogs_call_in_the_registers_of_frogs():
    """Dominant frequencies from 300 Hz to 4 kHz (Gingras and others 2013, J. Evol. Biol. 26)."""
    peaks = []
    for seed in range(8):
        power = np.abs(np.fft.rfft(synthesise("frogs", 4 * RATE, seed))) ** 2
        smooth = np.convolve(power, np.ones(400), "same")
        peaks.append(smooth.argmax() / 4)
    assert min(peaks) > 300
    assert max(peaks) < 4500
    assert max(peaks) > 1.5 * min(peaks)


def test_a_helicopters_blades_pass_ten_to_twenty_seven_times_a_second():
    for seed in range(4):
        power, frequency = envelope_spectrum(synthesise("helicopter", 4 * RATE, seed))
        band = (frequency > 5) & (frequency < 45)
        assert 9.5 < frequency[band][power[band].argmax()] < 27.5


def test_a_jet_is_duller_the_farther_it_is():
    """Its seeds span one far up and one overhead: their spectra differ by 12 dB at 4 kHz and more."""
    highs = [octave_levels(synthesise("aircraft", 2 * RATE, seed))[5] for seed in range(8)]
    assert max(highs) - min(highs) > 12


def test_a_membranes_modes_are_those_of_an_ideal_circular_one():
    """Fletcher and Rossing 1998, figure 3.7."""
    ratios = np.sort(membrane_modes()[1])[:6] / 2.405
    assert ratios == pytest.approx([1.0, 1.594, 2.136, 2.296, 2.653, 2.918], abs=0.002)


@pytest.mark.parametrize("seed", range(3))
def test_a_hand_drum_has_a_low_body_and_a_ringing_skin_and_keeps_a_beat(seed):
    loop = synthesise("drum", 8 * RATE, seed)
    power, frequency = np.abs(np.fft.rfft(loop)) ** 2, np.fft.rfftfreq(len(loop), 1 / RATE)
    body = power[(frequency > 50) & (frequency < 100)].sum() / power.sum()
    skin = power[(frequency > 200) & (frequency < 1200)].sum() / power.sum()
    assert 0.1 < body < 0.8
    assert 0.1 < skin < 0.8
    # Sixteenths of 88 to 118 beats a minute, loosely: bars are fitted to the loop.
    beat, rate = envelope_spectrum(loop)
    strokes = rate[1:][beat[1:].argmax()]
    assert 0.3 < strokes < 9.0
    assert np.percentile(np.abs(loop), 20) < 0.05 * np.abs(loop).max()


def test_a_xylophones_bars_are_tuned_to_five_tones():
    loop = synthesise("xylophone", 8 * RATE, 0)
    power, frequency = np.abs(np.fft.rfft(loop)) ** 2, np.fft.rfftfreq(len(loop), 1 / RATE)
    low = (frequency > 240) & (frequency < 1200)
    assert power[low].sum() > 0.8 * power.sum()
    smooth = np.convolve(power * low, np.ones(25), "same")
    peaks = []
    while smooth.max() > 0.03 * power[low].max() * 25 and len(peaks) < 8:
        at = int(smooth.argmax())
        peaks.append(frequency[at])
        smooth[np.abs(frequency / frequency[at] - 1.0) < 0.05] = 0.0
    semitones = 12.0 * np.log2(np.array(peaks) / min(peaks))
    assert np.abs(semitones - np.round(semitones)) == pytest.approx(0.0, abs=0.25)
