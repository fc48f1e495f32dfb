"""Writing a scene's files into a folder that is not yet in its place."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sonovista.geometry.image_files import write_mask, write_rgb
from sonovista.scene.document import SAMPLE_RATE, SceneDocument
from sonovista.scene.ply import write_ply
from sonovista.signal.audio_files import write_audio

if TYPE_CHECKING:
    from sonovista.scene.scene import Scene


def write_parts(scene: "Scene", folder: Path) -> None:
    """Write every part that the scene holds, `scene.json` last.

    Raises:
        ValueError: a source has no sound, or its sound is no finite mono float signal.
    """
    document = with_file_names(scene)
    (folder / "sounds").mkdir()
    for source in document.sources:
        if source.id not in scene.sounds:
            raise ValueError(f"sounds: expected a sound for source {source.id!r}, found none")
        signal = np.asarray(scene.sounds[source.id], np.float32)
        if signal.ndim != 1 or not np.isfinite(signal).all():
            raise ValueError(
                f"sounds[{source.id!r}]: expected finite samples of shape (samples,), found {signal.shape}"
            )
        write_audio(folder / source.sound, signal[None, :], SAMPLE_RATE, subtype="PCM_24")
        if source.mask is not None:
            (folder / "masks").mkdir(exist_ok=True)
            write_mask(folder / source.mask, scene.masks[source.id])
    if scene.panorama is not None and document.panorama is not None:
        write_rgb(folder / document.panorama, scene.panorama)
    if scene.depth is not None and document.depth is not None:
        # Metres need no more than the 11 bits of a half: 0.05 % of the distance.
        np.savez_compressed(folder / document.depth, depth=scene.depth.astype(np.float16))
    if scene.gaussians is not None and document.gaussians is not None:
        write_ply(folder / document.gaussians, scene.gaussians)
    text = document.model_dump_json(indent=1, exclude_none=True)
    (folder / "scene.json").write_text(text + "\n", encoding="utf-8")


def with_file_names(scene: "Scene") -> SceneDocument:
    """The scene's document with the standard names of the files that will be written, and of no others."""
    sources = [
        source.model_copy(
            update={
                "sound": f"sounds/{source.id}.flac",
                "mask": f"masks/{source.id}.png" if source.id in scene.masks else None,
            }
        )
        for source in scene.document.sources
    ]
    return scene.document.model_copy(
        update={
            "sources": sources,
            "panorama": "panorama.png" if scene.panorama is not None else None,
            "depth": "depth.npz" if scene.depth is not None else None,
            "gaussians": "gaussians.ply" if scene.gaussians is not None else None,
        }
    )
