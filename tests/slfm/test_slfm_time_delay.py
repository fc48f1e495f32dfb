"""StereoCRW and MonoCLR: delays learned without labels."""

import numpy as np
import pytest
import torch
from learning import tiny_run

from sonovista.errors import InputError
from sonovista.slfm.checkpoints import read_checkpoint
from sonovista.slfm.features.delay_segments import altered, mono_segments, stereo_segment
from sonovista.slfm.learned_delay import PARTS, LearnedDelay
from sonovista.slfm.losses.delay import cycle_loss, discrimination_loss
from sonovista.slfm.networks.delay import WindowEncoder
from sonovista.slfm.options import DelayOptions
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.training.batches import ExampleBatches
from sonovista.slfm.training.loop import BEST, LATEST, Trainer

TINY = DelayOptions(window=256, width=8, embedding=32, starts=8, reach=12)
RATE = 16_000


def delayed(rng: np.random.Generator, parts: int, noise: float = 0.0, samples: int = 4_000) -> np.ndarray:
    """Noise that the left ear hears earlier by so many eighths of a sample."""
    spectrum = np.fft.rfft(rng.standard_normal(samples + 200))
    omega = 2.0 * np.pi * np.fft.rfftfreq(samples + 200)
    spectrum = spectrum * (omega < 2.8) / np.sqrt(0.05 + omega)
    ears = [np.fft.irfft(spectrum * np.exp(-1j * omega * shift)) for shift in (0.0, parts / PARTS)]
    signal = 0.1 * np.stack(ears)[:, 100 : 100 + samples]
    return (signal + noise * rng.standard_normal(signal.shape)).astype(np.float32)


class Delays:
    """Examples whose ears hear noise at delays of up to 10 samples."""

    def example(self, index: int) -> Views:
        rng = np.random.default_rng([5, index])
        sounds = [delayed(rng, int(rng.integers(-80, 81)), 0.02, 1_000) for _ in range(3)]
        return Views(np.zeros((3, 0, 0, 3), np.uint8), np.stack(sounds), np.zeros(3), np.zeros(3))


def run_of(task, **training):
    networks = {"audio": {"width": 4, "stages": 2, "embedding": 16}, "delay": TINY.model_dump()}
    return tiny_run(task=task, networks=networks, training={"steps": 2} | training)


def error_of(reader, count=20):
    """Mean error in samples on sounds of other numbers than those of training."""
    rng = np.random.default_rng(77)
    errors = []
    for _ in range(count):
        parts = int(rng.integers(-80, 81))
        errors.append(abs(reader.delay(delayed(rng, parts, 0.02)) * RATE - parts / PARTS))
    return float(np.mean(errors))


@pytest.mark.parametrize("samples", [-11, -3, 0, 4, 12])
def test_the_delay_of_identical_windows_is_exact_even_untrained(rng, samples):
    torch.manual_seed(0)
    reader = LearnedDelay(WindowEncoder(TINY), TINY)
    noise = rng.standard_normal(4_100).astype(np.float32)
    binaural = np.stack([noise[50:4_050], noise[50 - samples : 4_050 - samples]])
    assert reader.delay(binaural) == samples / RATE
    assert reader.delay(binaural[::-1]) == -samples / RATE
    assert np.sign(reader.azimuth(binaural)) == np.sign(samples)


def test_a_delay_between_samples_is_found(rng):
    torch.manual_seed(0)
    reader = LearnedDelay(WindowEncoder(TINY), TINY)
    for parts in (-37, 5, 62):
        assert reader.delay(delayed(rng, parts)) * RATE == pytest.approx(parts / PARTS, abs=1.01 / PARTS)


def test_silence_and_short_sounds_have_an_answer(rng):
    reader = LearnedDelay(WindowEncoder(TINY), TINY)
    assert reader.delay(np.zeros((2, 4_000))) == 0.0
    assert np.isfinite(reader.delay(rng.standard_normal((2, 40))))


def test_embeddings_have_unit_length_and_levels_do_not_count():
    encoder = WindowEncoder(TINY)
    windows = torch.randn(2, 3, 256)
    code = encoder(windows)
    assert code.shape == (2, 3, 32)
    torch.testing.assert_close(code.norm(dim=-1), torch.ones(2, 3))
    torch.testing.assert_close(code, encoder(7.0 * windows), atol=1e-4, rtol=1e-3)


def test_walks_between_windows_that_match_come_back():
    codes = torch.eye(40)[None]
    shifted = codes.roll(5, dims=1)
    assert float(cycle_loss(codes, shifted, 12, 8, 0.05)) < 1e-4
    assert float(discrimination_loss(codes, codes, 0.05)) < 1e-4
    assert float(discrimination_loss(codes, shifted, 0.05)) > 10.0
    alike = torch.nn.functional.normalize(torch.ones(1, 40, 40), dim=-1)
    assert float(cycle_loss(alike, alike, 12, 8, 0.05)) == pytest.approx(np.log(40))


def test_segments_are_taken_where_there_is_sound(rng):
    binaural = np.zeros((2, 8_000), np.float32)
    binaural[:, 5_000:7_000] = rng.standard_normal((2, 2_000))
    for seed in range(5):
        draw = np.random.default_rng(seed)
        assert np.abs(stereo_segment(binaural, 500, draw)).max() > 0.0
        assert mono_segments(binaural, 500, draw).shape == (2, 500)
    assert stereo_segment(binaural[:, :100], 500, rng).shape == (2, 500)


def test_alterations_do_not_delay(rng):
    noise = rng.standard_normal(2_000).astype(np.float32)
    for seed in range(10):
        other = altered(noise, np.random.default_rng(seed))
        correlation = np.correlate(other, noise, "full")
        assert int(np.argmax(correlation)) == len(noise) - 1


@pytest.mark.parametrize("task", ["stereocrw", "monoclr"])
def test_segments_are_the_same_again_and_features_are_not_made(task):
    run = run_of(task)
    one, other = (ExampleBatches(Delays(), run.networks, 2, count=2, task=task)[1] for _ in range(2))
    assert one.segments.shape == (2, 3, 2, 256 + 8 + 24 - 1)
    assert torch.equal(one.segments, other.segments)
    assert one.features.numel() == 0


@pytest.mark.parametrize("task", ["stereocrw", "monoclr"])
def test_two_steps_leave_a_checkpoint_that_is_read(tmp_path, task):
    losses: dict[int, float] = {}
    Trainer(run_of(task), tmp_path, Delays(), Delays(), lambda r: losses.__setitem__(r.step, r.loss)).fit()
    assert sorted(losses) == [1, 2]
    assert np.isfinite(list(losses.values())).all()
    assert read_checkpoint(tmp_path / LATEST).run["task"] == task
    assert (tmp_path / BEST).exists()
    reader = LearnedDelay.read(tmp_path / BEST)
    assert reader.name == "tiny"
    assert np.isfinite(reader.delay(delayed(np.random.default_rng(0), 20)))


def test_other_checkpoints_are_refused(tmp_path):
    from learning import tiny_stream

    Trainer(tiny_run(training={"steps": 1}), tmp_path, tiny_stream(0), tiny_stream(1)).fit()
    with pytest.raises(InputError, match="expected a checkpoint of stereocrw or monoclr, found one of 'geometry'"):
        LearnedDelay.read(tmp_path / LATEST)


@pytest.mark.parametrize("task", ["stereocrw", "monoclr"])
def test_training_for_seconds_beats_chance(tmp_path, task):
    run = run_of(task, steps=30, batch=4, learning_rate=2e-3, validate_every=30, average=0.9)
    losses: dict[int, float] = {}
    trainer = Trainer(run, tmp_path, Delays(), Delays(), lambda r: losses.__setitem__(r.step, r.loss))
    trainer.fit()
    assert np.mean([losses[k] for k in range(26, 31)]) < 0.8 * np.mean([losses[k] for k in range(1, 6)])
    chance = 10.0 * 2.0 / 3.0  # mean distance of two delays drawn from -10 to 10 samples
    assert error_of(LearnedDelay.read(tmp_path / LATEST)) < 0.3 * chance
