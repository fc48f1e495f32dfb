import contextlib
import math

import cv2
import numpy as np
import pytest
import torch
from learning import tiny_panoramas, tiny_run

from sonovista.errors import InputError
from sonovista.simulate.example import Example, Viewpoints
from sonovista.simulate.storage.hm3d_ss import write_example
from sonovista.slfm.checkpoints import read_checkpoint, shipped
from sonovista.slfm.config import DataOptions, SplitOptions
from sonovista.slfm.losses.geometry import geometric_loss
from sonovista.slfm.networks.binaural import BinauralEncoder
from sonovista.slfm.options import AudioOptions
from sonovista.slfm.rotation_tables import COLUMNS, read_rotation_table, write_rotation_table
from sonovista.slfm.streams.build import build_stream
from sonovista.slfm.streams.panoramas import crop
from sonovista.slfm.streams.procedural import ViewOptions
from sonovista.slfm.streams.sound_only import DIRECT_SAMPLES, SoundStream, with_other_reverberation
from sonovista.slfm.streams.sounds import (
    HIGHEST_RMS,
    LOWEST_RMS,
    SAMPLE_RATE,
    Noise,
    SeveralSounds,
    VariedSounds,
    narrowed,
    sustained_notes,
)
from sonovista.slfm.streams.stored import StoredStream
from sonovista.slfm.training.loop import LATEST, Trainer

OPTIONS = ViewOptions(views=3, seconds=0.4, jitter=0.0, noise_snr_db=None)
TURNS_DEG = (0.0, 15.0, -20.0, 30.0)


def stored(seed: int) -> Example:
    rng = np.random.default_rng(seed)
    yaws = 1.0 + np.radians(TURNS_DEG)
    viewpoints = Viewpoints(np.full((4, 3), 1.5), yaws, 0.0, rng.uniform(0, 4, (1, 3)))
    panorama = cv2.resize(tiny_panoramas()[seed], (1024, 512))
    texture = np.random.default_rng(seed).integers(-40, 40, (256, 512, 1))
    rough = panorama.astype(int) + cv2.resize(texture.astype(np.float32), (1024, 512))[..., None].astype(int)
    panorama = np.clip(rough, 0, 255).astype(np.uint8)
    decay = 0.3 * np.exp(-np.arange(800) / 100.0)
    return Example(
        f"room-{seed}",
        viewpoints,
        np.stack([crop(panorama, yaw, 0.0, 320, 240, np.radians(60.0)) for yaw in yaws]),
        None,
        0.5 * np.ones((1, 4, 2, 8), np.float32),
        (decay * rng.standard_normal((1, 4, 2, 800))).astype(np.float32),
        np.full((1, 4, 2), 0.3),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    for seed in range(3):
        write_example(folder / f"room-{seed}" / "pair-0000", stored(seed))
    return folder


def table_of(path, rows):
    lines = [",".join(str(value) for value in row) for row in rows]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    return path


@pytest.fixture
def table(tmp_path):
    return table_of(
        tmp_path / "table.csv",
        [
            (f"room-{room}/pair-0000", view, TURNS_DEG[view], 0.2 if (room, view) == (1, 2) else 0.99, "refined")
            for room in range(2)
            for view in (1, 2, 3)
        ],
    )


def test_the_same_is_heard_as_with_pictures(folder):
    with_pictures = StoredStream(folder, Noise(), OPTIONS).example(0)
    alone = SoundStream(folder, Noise(), OPTIONS).example(0)
    assert alone.images.size == 0
    assert alone.estimated_rotations is None
    np.testing.assert_allclose(alone.azimuths, with_pictures.azimuths, atol=1e-9)
    np.testing.assert_allclose(alone.rotations, with_pictures.rotations, atol=1e-9)
    np.testing.assert_allclose(alone.binaural, with_pictures.binaural, atol=2e-3)


def test_rotations_are_estimated_from_pictures_and_a_broken_table_is_gone_on_with(folder, tmp_path):
    path = tmp_path / "table.csv"
    write_rotation_table(folder, path)
    table = read_rotation_table(path)
    assert sorted(table) == [f"room-{room}/pair-0000" for room in range(3)]
    for yaws, sure in table.values():
        np.testing.assert_allclose(np.degrees(yaws), TURNS_DEG, atol=0.5)
        assert sure.shape == (4,)
    whole = path.read_text()
    path.write_text("".join(line for line in whole.splitlines(True) if "room-1" not in line))
    write_rotation_table(folder, path)
    assert sorted(path.read_text().splitlines()) == sorted(whole.splitlines())


def test_views_without_a_sure_rotation_are_left_out(folder, table):
    stream = SoundStream(folder, Noise(), OPTIONS, rotations=table)
    assert len(stream) == 2  # room-2 is not in the table
    for index in range(8):
        views = stream.example(index)
        assert views.estimated_rotations is not None
        np.testing.assert_allclose(views.estimated_rotations, views.rotations, atol=1e-4)
        if "room-1" in str(stream.folders[int(np.random.default_rng([0, index // 2]).permutation(2)[index % 2])]):
            assert not np.isclose(np.degrees(views.rotations), TURNS_DEG[2]).any()
    with pytest.raises(InputError, match="expected sure rotations"):
        SoundStream(folder, Noise(), OPTIONS, rotations=table, sure=0.999)


def test_places_come_from_several_folders_each_with_a_table_of_its_own(folder, table, tmp_path):
    other = tmp_path / "more"
    write_example(other / "room-0" / "pair-0000", stored(2))
    rows = [("room-0/pair-0000", view, TURNS_DEG[view], 0.99, "refined") for view in (1, 2, 3)]
    more = table_of(tmp_path / "more.csv", rows)
    stream = SoundStream([folder, other], Noise(), OPTIONS, rotations=[table, more])
    assert len(stream) == 3
    assert stream.folders[-1] == other / "room-0" / "pair-0000"
    assert {name for index in range(3) for name in np.round(stream.example(index).azimuths, 6)} >= {
        np.round(SoundStream(other, Noise(), OPTIONS).example(0).azimuths[0], 6)
    }
    assert len(SoundStream([folder, other], Noise(), OPTIONS)) == 4


def test_as_many_tables_as_folders_and_one_folder_where_pictures_are_read(folder, table):
    two = (str(folder), str(folder))
    split = SplitOptions(folder=two, pictures=False, rotations=str(table))
    with pytest.raises(InputError, match="expected one table for each of 2 folders, found 1"):
        build_stream(DataOptions(), split)
    with pytest.raises(InputError, match="expected one where pictures are read, found 2"):
        build_stream(DataOptions(), SplitOptions(folder=two))


@pytest.mark.parametrize("row", [("room-0/pair-0000", 2, 1.0, 0.9, "refined"), ("room-0/pair-0000", "x", 1, 1, "n")])
def test_a_damaged_table_is_refused(tmp_path, row):
    with pytest.raises(InputError, match="expected"):
        read_rotation_table(table_of(tmp_path / "table.csv", [row]))
    with pytest.raises(InputError, match="cannot be read"):
        read_rotation_table(tmp_path / "none.csv")


def run_of(folder, table, **changes):
    split = {"folder": str(folder), "pictures": False, "rotations": str(table)}
    views = OPTIONS.model_dump()
    return tiny_run(
        data={"train": split, "validation": split, "views": views},
        geometry={"table_rotation": True, "residual": "chord", "reflection": "joint", "every_pair": True} | changes,
        start_from="shipped",
        start_parts=["no.such.part", "audio.head"],
        training={"steps": 6, "validate_every": 3},
    )


def test_sound_alone_is_trained_and_resumed_with_the_same_losses(folder, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_rotation_table(folder, path)
    monkeypatch.setattr("sonovista.slfm.training.loop.load_parts", lambda *_: [])
    run = run_of(folder, path)
    whole: dict[int, float] = {}
    trainer = Trainer(run, tmp_path / "whole", tell=lambda r: whole.__setitem__(r.step, r.loss))
    before = {name: value.clone() for name, value in trainer.objective.state_dict().items()}
    history = trainer.fit()
    after = trainer.objective.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in after if ".vision." in name)
    assert any(not torch.equal(after[name], before[name]) for name in after if ".audio." in name)
    assert "sound_mae_deg" in history[-1]
    assert "rotation_mae_deg" not in history[-1]
    # the sign of rotation is that of the checkpoint whose sight it keeps
    assert read_checkpoint(tmp_path / "whole" / LATEST).mirror_sign == read_checkpoint(shipped()).mirror_sign
    parts: dict[int, float] = {}

    def stop(report):
        parts[report.step] = report.loss
        if report.step == 4:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        Trainer(run, tmp_path / "parts", tell=stop).fit()
    Trainer(run, tmp_path / "parts", tell=lambda r: parts.__setitem__(r.step, r.loss)).fit()
    assert parts == whole
    assert read_checkpoint(tmp_path / "parts" / LATEST).mirror_sign == read_checkpoint(shipped()).mirror_sign


def test_a_split_without_a_table_is_told_of(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sonovista.slfm.training.loop.load_parts", lambda *_: [])
    run = run_of(folder, tmp_path / "table.csv")
    stream = SoundStream(folder, Noise(), OPTIONS)
    with pytest.raises(InputError, match="table_rotation"):
        Trainer(run, tmp_path, stream, stream).fit()


def test_the_chord_measures_the_angle():
    azimuths, pairs = torch.tensor([[0.5, 0.1]]), [(0, 1)]
    rotations = torch.tensor([[0.2]])
    assert float(geometric_loss(azimuths, rotations, pairs, "none", "chord")) == pytest.approx(0.2, abs=2e-3)
    behind = torch.tensor([[math.pi - 0.5, 0.3]])
    assert float(geometric_loss(behind, rotations, pairs, "joint", "chord")) == pytest.approx(0.0, abs=3e-3)


def test_frames_can_be_weighed_by_what_is_heard():
    encoder = BinauralEncoder(AudioOptions(features="spatial", width=4, embedding=16, pooling="learned")).eval()
    assert encoder.score is not None
    features = torch.randn(2, 4, 40, 25)
    plain = encoder(features)
    with torch.no_grad():
        encoder.score.weight.mul_(50.0)
    assert not torch.allclose(plain, encoder(features))


def test_several_folders_of_sounds_are_drawn_from(rng):
    class Constant:
        def __init__(self, value):
            self.value = value

        def piece(self, rng, samples):
            return np.full(samples, self.value, np.float32)

    sounds = SeveralSounds([Constant(1.0), Constant(2.0)])
    assert {float(sounds.piece(rng, 4)[0]) for _ in range(40)} == {1.0, 2.0}


def test_options_build_a_stream_of_sound_alone(folder, table, tmp_path):
    split = SplitOptions(folder=str(folder), pictures=False, rotations=str(table))
    stream = build_stream(DataOptions(views=OPTIONS), split)
    assert isinstance(stream, SoundStream)
    assert len(stream) == 3  # the table was completed
    with pytest.raises(InputError, match="reverberation"):
        SoundStream(folder, Noise(), OPTIONS.model_copy(update={"reverberation": 0.5}))


class Tone:
    """A tone of 1 kHz, whatever is drawn."""

    def piece(self, rng: np.random.Generator, samples: int) -> np.ndarray:
        return np.sin(2.0 * np.pi * 1000.0 * np.arange(samples) / SAMPLE_RATE).astype(np.float32)


def test_varied_sounds_move_in_pitch_within_their_bounds():
    loudest = []
    for seed in range(20):
        piece = VariedSounds(Tone()).piece(np.random.default_rng(seed), 16_000)
        assert piece.shape == (16_000,)
        assert piece.dtype == np.float32
        assert LOWEST_RMS <= np.sqrt(np.mean(np.square(piece))) <= HIGHEST_RMS + 1e-6
        loudest.append(float(np.abs(np.fft.rfft(piece * np.hanning(16_000))).argmax()))
    assert 1000 / 1.3 - 2 <= min(loudest) < 900
    assert 1100 < max(loudest) <= 1300 + 2


def test_varied_sounds_are_the_same_for_the_same_draw_and_a_config_asks_for_them():
    varied = VariedSounds(Noise())
    np.testing.assert_array_equal(
        varied.piece(np.random.default_rng(3), 8000), varied.piece(np.random.default_rng(3), 8000)
    )
    assert SplitOptions(vary_sounds=True).vary_sounds
    assert not SplitOptions().vary_sounds


@pytest.mark.parametrize("partials", [False, True])
def test_narrowed_sounds_keep_a_part_of_the_spectrum_alone(partials):
    left = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        whole = Noise().piece(rng, 32_000)
        piece = narrowed(whole, rng, partials)
        assert LOWEST_RMS <= np.sqrt(np.mean(np.square(piece))) <= HIGHEST_RMS + 1e-6
        left.append(occupied(piece) / occupied(whole))
    assert np.mean(left) < 0.6
    assert max(left) < 1.0


def test_notes_are_narrow_and_last():
    notes = sustained_notes(np.random.default_rng(4), 32_000)
    assert notes.shape == (32_000,)
    assert occupied(notes) < 0.05
    assert np.sqrt(np.square(notes).reshape(-1, 800).mean(axis=1)).min() > 1e-4  # no gap of 50 ms between them
    varied = VariedSounds(Tone(), narrowed=1.0)
    np.testing.assert_array_equal(
        varied.piece(np.random.default_rng(3), 8000), varied.piece(np.random.default_rng(3), 8000)
    )


def occupied(piece):
    """Share of the bins of the spectrum that hold 99 % of its power."""
    power = np.sort(np.abs(np.fft.rfft(piece)) ** 2)[::-1]
    return np.searchsorted(np.cumsum(power), 0.99 * power.sum()) / len(power)


def response(seed, start, tail):
    rng = np.random.default_rng(seed)
    out = np.zeros((2, 8000), np.int16)
    out[0, start], out[1, start + 8] = 20_000, 12_000
    out[:, start + 80 :] = rng.normal(0.0, tail, (2, 8000 - start - 80)).astype(np.int16)
    return out


@pytest.mark.parametrize("late", [None, response(1, 150, 1500.0), response(2, 20, 1500.0)[:, :3000]])
def test_the_room_changes_and_the_direct_sound_does_not(late):
    own = response(0, 60, 500.0)
    found = with_other_reverberation(own, 1.2, -3.0, -40.0, late)
    assert found.shape == own.shape
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found[:, : 60 + DIRECT_SAMPLES], own[:, : 60 + DIRECT_SAMPLES])
    tail, before = found[:, 200:].astype(float), own[:, 200:].astype(float)
    assert np.abs(np.corrcoef(tail.ravel(), before.ravel())[0, 1]) < 0.1
    if late is None:  # a shorter time is filled by what is stretched into it; 3 dB softer, and softer at the end
        assert tail[:, :1000].std() / before.std() == pytest.approx(10 ** (-3.0 / 20.0), rel=0.25)
        assert tail[:, -1000:].std() < tail[:, :1000].std()


def test_a_stream_whose_rooms_change_keeps_angles_and_is_the_same_each_time(folder):
    changed = SoundStream(folder, Noise(), OPTIONS, other_rooms=1.0)
    plain = SoundStream(folder, Noise(), OPTIONS)
    first, again, other = changed.example(4), changed.example(4), plain.example(4)
    np.testing.assert_array_equal(first.binaural, again.binaural)
    np.testing.assert_array_equal(first.azimuths, other.azimuths)
    assert not np.allclose(first.binaural, other.binaural)
