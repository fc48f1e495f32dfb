"""The two makers of sounds: by synthesis and from a folder."""

import numpy as np
import pytest
import soundfile

from sonovista.errors import InputError
from sonovista.generate.sounding import folder
from sonovista.generate.sounding.folder import FolderSounds
from sonovista.generate.sounding.loudness import loudness_at_one_metre, normalise_loop, source_gain
from sonovista.generate.sounding.matching import match, stem_words
from sonovista.generate.sounding.procedural import Options, Synthesizer, find_synthesis
from sonovista.generate.sounding.protocol import SAMPLE_RATE
from sonovista.generate.sounding.synthesis import SYNTHESES
from sonovista.signal.loops import join_click, join_level_step
from sonovista.signal.loudness import loop_loudness

maker = Synthesizer(Options())


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("waterfall", "waterfall"),
        ("running_water", "running_water"),
        ("a small brook", "running_water"),
        ("River", "running_water"),
        ("the sea", "surf"),
        ("ocean waves", "surf"),
        ("singing birds", "birds"),
        ("sparrow", "birds"),
        ("cicada", "cicadas"),
        ("passing cars", "traffic"),
        ("idling truck", "engine"),
        ("people", "crowd"),
        ("church bell", "bell"),
        ("bicycle bell", "bicycle_bell"),
        ("refrigerator", "machine_hum"),
        ("barking dog", "dog"),
        ("rustling leaves", "leaves"),
        ("wind in the trees", "leaves"),
        ("watefall", "waterfall"),
        ("seagulls", "gull"),
    ],
)
def test_words_find_their_sound(words, name):
    found = find_synthesis(words)
    assert found is not None
    assert found[0] == name


def test_every_name_finds_itself_and_every_word_some_sound():
    for name, synthesis in SYNTHESES.items():
        assert find_synthesis(name) == (name, "by name")
        for word in synthesis.words:
            assert find_synthesis(word) is not None


def test_a_prompt_helps_where_the_name_says_nothing():
    sound = maker("Old Faithful", "water splashing in a fountain", 65.0, 1.0, 0)
    assert "fountain" in sound.provenance
    assert "prompt" in sound.provenance


def test_unknown_words_give_a_neutral_texture_and_say_so():
    sound = maker("qwertz", "zxcvb", 60.0, 1.0, 0)
    assert "no model fits 'qwertz'" in sound.provenance
    assert np.abs(sound.signal).max() > 0


@pytest.mark.parametrize("name", ["wind", "clock", "dog"])
def test_a_sound_has_the_shape_that_a_scene_needs(name):
    sound = maker(name, "", 60.0, 8.0, 11)
    assert sound.signal.shape == (8 * SAMPLE_RATE,)
    assert sound.signal.dtype == np.float32
    assert np.abs(sound.signal).max() <= 10 ** (-1 / 20) + 1e-6
    assert "synthesis: " + name in sound.provenance
    assert "seed 11" in sound.provenance


def test_louder_things_are_louder_whatever_their_kind():
    heard = {}
    for name, level in (("clock", 40.0), ("bees", 55.0), ("rain", 62.0), ("engine", 80.0), ("waterfall", 90.0)):
        sound = maker(name, "", level, 4.0, 0)
        heard[name] = loop_loudness(sound.signal * 10 ** (sound.gain_db / 20), SAMPLE_RATE)
        assert heard[name] == pytest.approx(loudness_at_one_metre(level), abs=0.2)
    assert list(heard.values()) == sorted(heard.values())


def test_normalising_keeps_the_peak_and_reports_the_loudness():
    spiky = np.zeros(SAMPLE_RATE)
    spiky[::4800] = 3.0
    signal, loudness = normalise_loop(spiky, SAMPLE_RATE)
    assert np.abs(signal).max() == pytest.approx(10 ** (-1 / 20), rel=1e-5)
    assert loudness == pytest.approx(loop_loudness(signal, SAMPLE_RATE), abs=1e-3)
    assert source_gain(70.0, loudness) + loudness == pytest.approx(loudness_at_one_metre(70.0))


def test_a_duration_out_of_range_is_refused():
    with pytest.raises(ValueError, match="duration"):
        maker("wind", "", 60.0, 1e6, 0)


def test_stems_and_matches():
    assert stem_words("The Falling_Leaves2") == ["falling", "leaf"]
    assert match("an old church bell", {"a": ("bell",), "b": ("church bell",)}) == ("b", pytest.approx(0.85))
    assert match("...", {"a": ("bell",)}) is None


def write(path, seconds, rate=44_100, channels=1, seed=0, subtype="PCM_16"):
    noise = np.random.default_rng(seed).uniform(-0.3, 0.3, (int(seconds * rate), channels))
    soundfile.write(path, noise, rate, subtype=subtype)


def sounds_of(path):
    return FolderSounds(folder.Options(directory=path))


def test_a_file_is_found_by_its_words_or_by_what_it_means(tmp_path):
    for name in ("Waterfall near house.wav", "bird 1.wav", "bird 2.wav", "brook.wav"):
        write(tmp_path / name, 1.0)
    sounds = sounds_of(tmp_path)
    found = {name: sounds.find(name) for name in ("waterfall", "birds", "stream", "running_water", "church bell")}
    assert {k: p.name if p else None for k, p in found.items()} == {
        "waterfall": "Waterfall near house.wav",
        "birds": "bird 1.wav",
        "stream": "brook.wav",
        "running_water": "brook.wav",
        "church bell": None,
    }
    assert sounds("bird", "", 60.0, 1.0, 1).provenance.startswith("file: bird 2.wav")


@pytest.mark.parametrize(
    ("seconds", "rate", "channels"), [(1.1, 22_050, 2), (7.9, 44_100, 1), (8.1, 48_000, 6), (14.0, 96_000, 1)]
)
def test_any_file_becomes_a_mono_loop(tmp_path, seconds, rate, channels):
    write(tmp_path / "rain.wav", seconds, rate, channels)
    sound = sounds_of(tmp_path)("rain", "", 60.0, 8.0, 0)
    assert sound.signal.shape == (8 * SAMPLE_RATE,)
    assert join_level_step(sound.signal, SAMPLE_RATE) < 1.0
    assert join_click(sound.signal) < 1.5
    assert loop_loudness(sound.signal, SAMPLE_RATE) + sound.gain_db == pytest.approx(
        loudness_at_one_metre(60.0), abs=0.2
    )


def test_what_the_folder_lacks_is_synthesised(tmp_path):
    write(tmp_path / "rain.wav", 1.0)
    assert sounds_of(tmp_path)("clock", "", 40.0, 2.0, 0).provenance.startswith("synthesis: clock")


def test_bad_folders_and_files_are_named(tmp_path):
    with pytest.raises(InputError, match="nothing"):
        sounds_of(tmp_path / "missing")
    with pytest.raises(InputError, match="found none"):
        sounds_of(tmp_path)
    (tmp_path / "rain.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"rain\.wav"):
        sounds_of(tmp_path)("rain", "", 60.0, 2.0, 0)
    soundfile.write(tmp_path / "wind.wav", np.zeros(48_000), 48_000)
    with pytest.raises(InputError, match=r"wind\.wav.*silence"):
        sounds_of(tmp_path)("wind", "", 60.0, 2.0, 0)
