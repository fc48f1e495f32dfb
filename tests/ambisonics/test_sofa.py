import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heads import fibonacci
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sofa_files import fields_of, spherical_degrees, write

from sonovista.ambisonics import HRTFSet, read_sofa, spherical_head
from sonovista.errors import InputError
from sonovista.geometry import direction_from_angles

pytest.importorskip("sofar")

HEAD = spherical_head(directions=fibonacci(50))


def _read(folder: Path, fields: dict, sample_rate: int | None = None) -> HRTFSet:
    return read_sofa(write(folder / "head.sofa", fields), sample_rate)


def _refused(folder: Path, fields: dict, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        _read(folder, fields)
    message = str(caught.value)
    assert "head.sofa" in message
    assert "\n" not in message
    assert len(message) < 400


def test_a_head_comes_back_from_its_file(tmp_path: Path) -> None:
    found = _read(tmp_path, fields_of(HEAD))
    np.testing.assert_allclose(found.hrirs, HEAD.hrirs)
    np.testing.assert_allclose(found.directions, HEAD.directions, atol=1e-12)
    assert found.sample_rate == 48_000
    assert found.name == "head"


@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000])
def test_any_rate_is_resampled_with_gains_and_delays_kept(tmp_path: Path, rate: int) -> None:
    at_rate = spherical_head(rate, directions=HEAD.directions)
    silence = np.zeros((50, 2, 128))
    at_rate = replace(at_rate, hrirs=np.concatenate([silence, at_rate.hrirs, silence], axis=-1))
    found = _read(tmp_path, fields_of(at_rate), 48_000)
    assert found.sample_rate == 48_000
    frequencies = np.array([500.0, 1500.0, 4000.0])

    def responses(head: HRTFSet) -> np.ndarray:
        seconds = (np.arange(head.hrirs.shape[-1]) - 176.0 * head.sample_rate / rate) / head.sample_rate
        return head.hrirs @ np.exp(-2j * np.pi * seconds[:, None] * frequencies)

    np.testing.assert_allclose(responses(found), responses(at_rate), atol=2e-3)


def test_positions_in_other_coordinates_and_units(tmp_path: Path) -> None:
    cartesian = fields_of(HEAD) | {
        "SourcePosition": 2.0 * HEAD.directions + [[0.5, 1.0, -0.2]],
        "SourcePosition:Type": "cartesian",
        "SourcePosition:Units": "metre",
        "ListenerPosition": np.array([[0.5, 1.0, -0.2]]),
    }
    radians = fields_of(HEAD)
    radians["SourcePosition"] = radians["SourcePosition"] * [np.pi / 180.0, np.pi / 180.0, 1.0]
    radians["SourcePosition:Units"] = "radian, radian, metre"
    for fields in (cartesian, radians):
        np.testing.assert_allclose(_read(tmp_path, fields).directions, HEAD.directions, atol=1e-9)


def test_ears_in_the_other_order_are_swapped(tmp_path: Path) -> None:
    fields = fields_of(HEAD)
    fields["Data.IR"] = HEAD.hrirs[:, ::-1]
    fields["ReceiverPosition"] = fields["ReceiverPosition"][::-1]
    np.testing.assert_allclose(_read(tmp_path, fields).hrirs, HEAD.hrirs)


def test_delays_apart_from_the_responses_are_put_back(tmp_path: Path) -> None:
    fields = fields_of(HEAD)
    delays = np.random.default_rng(0).uniform(0.0, 30.0, (50, 2))
    delays[0] = 0.0
    found = _read(tmp_path, fields | {"Data.Delay": delays + 100.0})
    size = 1024
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(size) * delays[..., None])
    band = slice(0, 400)
    np.testing.assert_allclose(found.spectra(size)[..., band], (HEAD.spectra(size) * turns)[..., band], atol=2e-4)
    shared = _read(tmp_path, fields | {"Data.Delay": np.array([[7.0, 7.0]])})
    np.testing.assert_allclose(shared.hrirs, HEAD.hrirs)


def test_of_several_distances_the_farthest_is_taken(tmp_path: Path) -> None:
    fields = fields_of(HEAD)
    near = spherical_degrees(HEAD.directions, 0.3)
    fields["SourcePosition"] = np.concatenate([near, fields["SourcePosition"]])
    fields["Data.IR"] = np.concatenate([0.5 * HEAD.hrirs, HEAD.hrirs])
    np.testing.assert_allclose(_read(tmp_path, fields).hrirs, HEAD.hrirs)


def test_a_listener_who_turns_before_one_loudspeaker(tmp_path: Path) -> None:
    yaw = np.radians(np.arange(0.0, 360.0, 10.0))
    head = spherical_head(directions=direction_from_angles(-yaw, np.zeros(36)))
    fields = fields_of(head) | {
        "SourcePosition": np.array([[0.0, 0.0, 1.5]]),
        "ListenerView": np.stack([np.cos(yaw), np.sin(yaw), np.zeros(36)], axis=1),
    }
    np.testing.assert_allclose(_read(tmp_path, fields).directions, head.directions, atol=1e-9)


def test_transfer_functions_become_responses(tmp_path: Path) -> None:
    spectra = HEAD.spectra(256)
    fields = fields_of(HEAD) | {
        "convention": "SimpleFreeFieldHRTF",
        "Data.IR": None,
        "Data.Real": spectra.real,
        "Data.Imag": spectra.imag,
        "N": np.fft.rfftfreq(256, 1.0 / 48_000),
    }
    found = _read(tmp_path, fields)
    np.testing.assert_allclose(found.hrirs, HEAD.hrirs, atol=1e-9)
    assert found.sample_rate == 48_000


def test_files_that_say_less_than_they_should_are_read(tmp_path: Path) -> None:
    fields = fields_of(HEAD)
    for name in ("Data.Delay", "ReceiverPosition", "ListenerPosition", "ListenerView"):
        fields[name] = None
    for name in ("SourcePosition:Type", "SourcePosition:Units", "Data.SamplingRate:Units"):
        fields[name] = None
    np.testing.assert_allclose(_read(tmp_path, fields).hrirs, HEAD.hrirs)


def test_nonsense_is_refused_by_name(tmp_path: Path) -> None:
    def refused(match: str, **changes: object) -> None:
        _refused(tmp_path, fields_of(HEAD) | {name.replace("__", "."): value for name, value in changes.items()}, match)

    broken = HEAD.hrirs.copy()
    broken[3, 1, 7] = np.nan
    refused("SOFAConventions: expected", convention="MultiSpeakerBRIR")
    refused("SOFAConventions: expected .* 'nothing'", convention=None)
    refused("Data.IR: expected finite", Data__IR=broken)
    refused("Data.IR: expected .* zeros", Data__IR=0.0 * HEAD.hrirs)
    refused("Data.IR: expected .directions, 2 ears", Data__IR=HEAD.hrirs[:, :1])
    refused("Data.IR: expected numbers, found nothing", Data__IR=None)
    refused("SamplingRate: expected 8000 to", Data__SamplingRate=np.array([-44_100.0]))
    refused("SamplingRate: expected one rate", Data__SamplingRate=np.linspace(44_100.0, 48_000.0, 50))
    refused("SamplingRate: expected numbers", Data__SamplingRate=None)
    refused(r"SourcePosition: expected \(50, 3\)", SourcePosition=spherical_degrees(HEAD.directions)[:49])
    refused("SourcePosition: expected numbers", SourcePosition=None)
    refused("elevations", SourcePosition=spherical_degrees(HEAD.directions) + np.array([0.0, 120.0, 0.0]))
    refused("Data.Delay: expected", Data__Delay=np.zeros((3, 2)))
    refused("at most 10 ms", Data__Delay=np.array([[0.0, 4_000.0]]))
    refused("ReceiverPosition: expected two ears", ReceiverPosition=np.zeros((3, 3, 1)))
    refused("at least 6", Data__IR=HEAD.hrirs[:3], SourcePosition=spherical_degrees(HEAD.directions[:3]))
    one_at_it = HEAD.directions.copy()
    one_at_it[4] = 0.0
    refused(
        "away from the listener",
        SourcePosition=one_at_it, **{"SourcePosition:Type": "cartesian", "SourcePosition:Units": "metre"},
    )  # fmt: skip


def test_what_is_no_sofa_file_is_refused(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"hello"), ("magic", b"\x89HDF\r\n\x1a\n" + bytes(2000))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=f"{name}: expected") as caught:
            read_sofa(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="folder"):
        read_sofa(tmp_path)
    with pytest.raises(InputError, match="No such file"):
        read_sofa(tmp_path / "none.sofa")


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("sofa") / "head.sofa", fields_of(HEAD)).read_bytes()


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_refused_or_read_whole(tmp_path: Path, whole_file: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole_file)
    for _ in range(data.draw(st.integers(1, 20))):
        # damage where the structure is: most of the file is numbers
        place = data.draw(st.integers(0, 8000))
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(damaged), len(damaged) // 2, 3000, 96]))
    path = tmp_path / "damaged.sofa"
    path.write_bytes(bytes(damaged[:cut]))
    found, message = None, str(path)
    try:
        found = read_sofa(path, None)
    except InputError as error:
        message = str(error)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert found is None or np.isfinite(found.hrirs).all()


def test_without_sofar_the_extra_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "head.sofa", fields_of(HEAD))
    code = (
        "import sys; sys.modules['sofar'] = None\n"
        "from sonovista.ambisonics import read_sofa\n"
        f"try: read_sofa({str(path)!r})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.startswith("BackendUnavailable")
    assert "sonovista[sofa]" in out
