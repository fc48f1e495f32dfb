import json

import numpy as np
import pytest
import torch
from learning import tiny_run, tiny_stream

from sonovista.errors import InputError
from sonovista.evaluate.slfm_confidence import fit_confidence
from sonovista.slfm.checkpoints import read_checkpoint, write_mean
from sonovista.slfm.exporting import export, load_estimators
from sonovista.slfm.runtime import FORMAT, SHIPPED, MotionNetworks
from sonovista.slfm.sound_evidence import SOUND_EVIDENCE
from sonovista.slfm.training.loop import BEST, Trainer


def trained(folder, **changes):
    Trainer(tiny_run(**({"training": {"steps": 2}} | changes)), folder, tiny_stream(0), tiny_stream(1)).fit()
    return folder / BEST


def test_exported_networks_compute_what_torch_does_for_any_batch(tmp_path, rng):
    path = trained(tmp_path / "run")
    networks = MotionNetworks(export(path, tmp_path / "export"))
    model, run = load_estimators(read_checkpoint(path))
    features = rng.standard_normal((5, 4, 40, 24)).astype(np.float32)
    images = rng.standard_normal((2, 5, 3, 48, 64)).astype(np.float32)
    with torch.no_grad():
        sound = model.audio(torch.from_numpy(features)).numpy()
        rotation = model.vision(*(torch.from_numpy(image) for image in images)).numpy()
    np.testing.assert_allclose(networks.sound(features), sound, atol=1e-5)
    azimuths, embeddings = networks.heard([features[0], np.tile(features[1], 3), features[2]])
    np.testing.assert_allclose(azimuths[[0, 2]], sound[[0, 2]], atol=1e-5)
    assert embeddings.shape == (3, networks.doubt.width)
    assert np.ptp(embeddings, axis=0).max() > 1e-4
    sign = read_checkpoint(path).mirror_sign
    np.testing.assert_allclose(networks.rotation(images[0], images[1]), sign * rotation, atol=1e-5)
    assert networks.seconds == run.networks.audio.seconds


def test_confidence_is_one_half_until_it_is_fitted(tmp_path):
    folder = export(trained(tmp_path / "run"), tmp_path / "export")
    assert MotionNetworks(folder).confidence("sound").chance(np.ones(SOUND_EVIDENCE)) == 0.5
    found = fit_confidence(folder, [tiny_stream().example(index) for index in range(4)])
    assert found["sound"]["examples"] == 12
    assert found["rotation"]["examples"] == 12  # every pair of three views
    assert MotionNetworks(folder).confidence("sound").chance(np.ones(SOUND_EVIDENCE)) != 0.5


def test_the_mean_of_two_checkpoints_can_be_exported(tmp_path):
    first, second = trained(tmp_path / "one"), trained(tmp_path / "other", training={"steps": 2, "seed": 5})
    write_mean(first, second, tmp_path / "mean.safetensors", 0.25)
    one, other, mean = (read_checkpoint(path) for path in (first, second, tmp_path / "mean.safetensors"))
    for name, value in mean.tensors.items():
        expected = (
            0.75 * one.tensors[name] + 0.25 * other.tensors[name] if value.dtype.kind == "f" else other.tensors[name]
        )
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)
    assert mean.facts["weights"] == "0.25 of the run, 0.75 of best"
    assert MotionNetworks(export(tmp_path / "mean.safetensors", tmp_path / "export")).any_length
    with pytest.raises(InputError, match="expected the networks of"):
        write_mean(first, trained(tmp_path / "wide", networks={"head_width": 24}), tmp_path / "no.safetensors")


def test_a_pretext_has_no_angles_to_export(tmp_path):
    with pytest.raises(InputError, match="of a geometry or supervised run, found one of 'pretext'"):
        export(trained(tmp_path / "run", task="pretext"), tmp_path / "export")


def test_the_shipped_networks_are_those_of_the_shipped_checkpoint(rng):
    (path,) = SHIPPED.glob("*.safetensors")
    checkpoint = read_checkpoint(path)
    networks = MotionNetworks()
    assert checkpoint.mirror_sign == networks.facts["mirror_sign"]
    model, run = load_estimators(checkpoint)
    features = rng.standard_normal((2, 4, 40, 61)).astype(np.float32)
    with torch.no_grad():
        expected = model.audio(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(networks.sound(features), expected, atol=1e-4)
    assert run.networks.model_dump()["audio"] == networks.facts["audio"]


def test_what_is_shipped_is_small_and_says_nothing_of_where_it_was_made():
    files = [path for path in SHIPPED.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 15 << 20
    assert not any(b"/tmp/" in path.read_bytes() or b"/home/" in path.read_bytes() for path in files)
    assert json.loads((SHIPPED / "model.json").read_text())["format"] == FORMAT
