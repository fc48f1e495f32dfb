"""A scene played on this machine's loudspeakers or headphones, as one walks in it."""

import queue
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError
from sonovista.render.binaural import BinauralRenderer
from sonovista.render.trajectory import Pose
from sonovista.scene.document import SAMPLE_RATE

PoseAt = Callable[[float], Pose]
"""Where the listener is at a time in seconds since the start."""


class Stream(Protocol):
    """An output stream of sounddevice, as far as it is used."""

    def start(self) -> None:
        """Begin to ask for blocks."""
        ...

    def stop(self) -> None:
        """Play what is there and end."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


OpenStream = Callable[..., Stream]


def open_output_stream(device: str | int | None, **options: Any) -> Stream:
    """A stereo float32 output stream at 48 kHz.

    Raises:
        BackendUnavailable: sounddevice or its PortAudio library is not installed.
        InputError: there is no such device, or it cannot play 48 kHz stereo.
    """
    try:
        import sounddevice  # pyright: ignore[reportMissingImports]
    except (ImportError, OSError) as error:
        reason = "" if isinstance(error, ImportError) else f" ({error})"
        raise BackendUnavailable(f"playing needs sounddevice: pip install 'sonovista[play]'{reason}") from error
    try:
        return sounddevice.OutputStream(device=device, **options)
    except (sounddevice.PortAudioError, ValueError) as error:
        found = [d["name"] for d in sounddevice.query_devices() if d["max_output_channels"] >= 2]
        known = ", ".join(found) if found else "none on this machine"
        name = "audio device" if device is None else f"audio device {device!r}"
        raise InputError(f"{name}: expected one that plays 48 kHz stereo, found {known} ({error})") from error


class LivePlayer:
    """Renders a scene block by block as the sound card asks for it.

    The card's own thread renders; `pose_at` is asked once for every block, for the pose at its end.

    Attributes:
        blocks: that were played.
        late: blocks before which the card had nothing left to play.

    Args:
        renderer: of the scene.
        pose_at: where the listener is.
        device: name or number of an audio device; None for the default.
        open_stream: opens the device.
    """

    def __init__(
        self,
        renderer: BinauralRenderer,
        pose_at: PoseAt,
        device: str | int | None = None,
        open_stream: OpenStream = open_output_stream,
    ) -> None:
        self._renderer = renderer
        self._pose_at = pose_at
        self._block: NDArray[np.float32] = np.zeros((2, renderer.block_size), np.float32)
        self._errors: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self.blocks = 0
        self.late = 0
        start = pose_at(0.0)
        renderer.jump_to(start.position, start.R_world_listener)
        renderer.render_block(out=self._block)  # compiles what is not compiled, before the card waits for it
        renderer.reset()
        renderer.jump_to(start.position, start.R_world_listener)
        self._stream = open_stream(
            device,
            samplerate=SAMPLE_RATE,
            blocksize=renderer.block_size,
            channels=2,
            dtype="float32",
            callback=self._fill,
        )

    @property
    def seconds(self) -> float:
        """That were played."""
        return self.blocks * self._renderer.block_size / SAMPLE_RATE

    @property
    def peak(self) -> float:
        """Of the last block, 0 to 1."""
        return float(np.abs(self._block).max())

    def _fill(self, output: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        try:
            pose = self._pose_at(self.seconds + self._renderer.block_size / SAMPLE_RATE)
            self._renderer.render_block(pose.position, pose.R_world_listener, self._block)
            output[:] = self._block.T
        except BaseException as error:  # the card's thread must not die of it: `check` raises it
            output.fill(0.0)
            self._errors.put(error)
        self.blocks += 1
        self.late += bool(getattr(status, "output_underflow", False))

    def check(self) -> None:
        """Raise what went wrong in the card's thread, if anything."""
        if not self._errors.empty():
            raise self._errors.get()

    def __enter__(self) -> "LivePlayer":
        self._stream.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.stop()
        self._stream.close()
