"""Playing as a sound card asks for it; the card itself is played here."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from acoustic_scenes import mixed_scene, point_at, scene_of

from sonovista.cli.play import Walker
from sonovista.errors import BackendUnavailable, InputError
from sonovista.render import BinauralRenderer, Pose, render_binaural
from sonovista.render.live import LivePlayer, open_output_stream

ORIGIN = np.zeros(3)


class Card:
    """Asks for blocks when it is told to."""

    def __init__(self, device: object, callback: Any, blocksize: int, **options: Any) -> None:
        self.options = {"device": device, "blocksize": blocksize, **options}
        self._callback, self._size = callback, blocksize
        self.running = False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def close(self) -> None:
        self.options["closed"] = True

    def ask(self, underflow: bool = False) -> np.ndarray:
        output = np.full((self._size, 2), np.nan, np.float32)
        self._callback(output, self._size, None, SimpleNamespace(output_underflow=underflow))
        return output.T


def player_of(scene, pose_at=lambda _: Pose(ORIGIN)) -> tuple[LivePlayer, Card]:
    cards: list[Card] = []

    def open_card(device: object, **options: Any) -> Card:
        cards.append(Card(device, **options))
        return cards[0]

    return LivePlayer(BinauralRenderer(scene), pose_at, open_stream=open_card), cards[0]


def test_the_card_gets_what_is_rendered_offline() -> None:
    scene = mixed_scene()
    player, card = player_of(scene)
    with player:
        assert card.running
        heard = np.concatenate([card.ask() for _ in range(20)], axis=1)
    assert not card.running
    assert card.options == {
        "device": None, "blocksize": 256, "samplerate": 48_000, "channels": 2, "dtype": "float32", "closed": True,
    }  # fmt: skip
    np.testing.assert_allclose(heard, render_binaural(scene, Pose(ORIGIN), 20 * 256 / 48_000.0), rtol=0, atol=1e-6)
    assert player.seconds == pytest.approx(20 * 256 / 48_000.0)
    assert 0.0 < player.peak <= 1.0


def test_late_blocks_are_counted() -> None:
    player, card = player_of(mixed_scene())
    for late in (False, True, True, False):
        card.ask(late)
    assert (player.blocks, player.late) == (4, 2)


def test_an_error_is_silence_for_the_card_and_raised_by_check() -> None:
    def lost(seconds: float) -> Pose:
        if seconds > 0.0:
            raise RuntimeError("lost the way")
        return Pose(ORIGIN)

    player, card = player_of(mixed_scene(), lost)
    player.check()
    np.testing.assert_array_equal(card.ask(), 0.0)
    with pytest.raises(RuntimeError, match="lost the way"):
        player.check()


def test_without_sounddevice_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'sonovista\[play\]'"):
        open_output_stream(None)


def test_an_unknown_device_is_named_with_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ValueError("no match")

    devices = [{"name": "Headphones", "max_output_channels": 2}, {"name": "Microphone", "max_output_channels": 0}]
    module = SimpleNamespace(
        OutputStream=refuse, PortAudioError=type("PortAudioError", (Exception,), {}), query_devices=lambda: devices
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    with pytest.raises(InputError, match="'Nowhere': expected one that plays 48 kHz stereo, found Headphones"):
        open_output_stream("Nowhere")


def test_keys_lead_a_walker_who_glides() -> None:
    walker = Walker(Pose(ORIGIN))
    for key in ("w", "w", "a", "", "?"):
        walker.press(key)
    places = np.array([walker.pose_at(0.02 * step).position for step in range(100)])
    np.testing.assert_allclose(places[-1], [0.30, 0.15, 0.0], atol=1e-3)
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 0.06
    walker.press("q")
    assert np.degrees(walker.pose_at(9.0).yaw) == pytest.approx(7.5, abs=0.01)
    walker.press("w")
    ahead = walker.pose_at(99.0).position - places[-1]
    assert np.degrees(np.arctan2(ahead[1], ahead[0])) == pytest.approx(7.5, abs=0.5)


def test_a_path_is_followed_by_the_cards_clock() -> None:
    scene = scene_of(point_at(90.0))
    _, card = player_of(scene, lambda t: Pose(ORIGIN, yaw=np.pi * min(t, 1.0)))
    blocks = [card.ask() for _ in range(188)]
    left, right = (blocks[-1].astype(float) ** 2).sum(axis=1)
    assert right > 2.0 * left  # turned around: what was left is right
