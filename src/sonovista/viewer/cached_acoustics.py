"""A served scene's acoustics, kept for as long as its files are what they were."""

import threading
from pathlib import Path
from typing import Any

from sonovista.scene.document import SceneDocument


class CachedAcoustics:
    """The acoustics of one scene, made anew only when its files have changed: rays and filters take about a second.

    Any number of threads may ask at once; one of them works.

    Args:
        folder: of the scene.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._made: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    def get(self, document: SceneDocument) -> dict[str, Any]:
        """`acoustics_document` of the folder as it is now.

        Args:
            document: of the scene as it is now.
        """
        with self._lock:
            stamp = self._stamp(document)
            if self._made is None or self._made[0] != stamp:
                # Brings a compiler along, which a server that only starts need not wait for.
                from sonovista.viewer.acoustics_document import acoustics_document

                self._made = (stamp, acoustics_document(self._folder))
            return self._made[1]

    def _stamp(self, document: SceneDocument) -> tuple[Any, ...]:
        files = [self._folder / name for name in ("scene.json", document.depth) if name is not None]
        stats = [path.stat() if path.is_file() else None for path in files]
        return tuple(None if stat is None else (stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)
