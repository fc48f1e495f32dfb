import numpy as np
import pytest
import soundfile
from hearing_aids import write_sounds

from sonovista.errors import InputError
from sonovista.simulate.sounds import DrySounds


def test_excerpts_are_cut_from_long_files_at_16_khz(tmp_path):
    sounds = DrySounds(write_sounds(tmp_path / "s", files=1, seconds=3.0, rate=48_000))
    excerpt = sounds.excerpt(1.0, np.random.default_rng(0))
    assert excerpt.shape == (16_000,)
    assert not np.array_equal(excerpt, sounds.excerpt(1.0, np.random.default_rng(1)))


def test_short_files_of_one_folder_are_joined(tmp_path):
    """Each speaker has a folder: prompts of one speaker never run into another's."""
    for speaker, level in (("a", 0.1), ("b", 0.3)):
        (tmp_path / speaker).mkdir()
        for i in range(5):
            soundfile.write(tmp_path / speaker / f"{i}.wav", np.full(8000, level) * (-1.0) ** np.arange(8000), 16_000)
    sounds = DrySounds(tmp_path)
    for seed in range(10):
        excerpt = np.abs(sounds.excerpt(1.8, np.random.default_rng(seed)))
        levels = np.unique(np.round(excerpt[excerpt > 0.01], 2))
        assert len(levels) == 1
    notes = sounds.check(1.8)
    assert len(notes) == 10
    assert "0.50 s is shorter than 1.80 s: joined" in notes[0]


@pytest.mark.parametrize(
    ("prepare", "named"),
    [
        (lambda folder: None, "expected a folder of sounds, found nothing"),
        (lambda folder: folder.mkdir(), "found 0"),
        (lambda folder: folder.write_text("x"), "found a file"),
    ],
)
def test_a_folder_without_sounds_is_refused(tmp_path, prepare, named):
    prepare(tmp_path / "s")
    with pytest.raises(InputError, match=named):
        DrySounds(tmp_path / "s")


def test_silence_short_and_broken_files_are_named(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    soundfile.write(folder / "short.wav", np.random.default_rng(0).normal(0, 0.1, 48_000), 16_000)
    with pytest.raises(InputError, match=r"expected at least 7\.65 s of sound, found 3\.00 s in all .*short\.wav"):
        DrySounds(folder).excerpt(7.65, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"found 3\.00 s in all"):
        DrySounds(folder).check(7.65)
    soundfile.write(folder / "short.wav", np.zeros(200_000), 16_000)
    with pytest.raises(InputError, match=r"short\.wav: expected a sound, found silence"):
        DrySounds(folder).check(7.65)
    (folder / "short.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(InputError, match=r"short\.wav"):
        DrySounds(folder).excerpt(1.0, np.random.default_rng(0))
