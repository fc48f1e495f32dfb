"""The stages in their order: what each reads, which backend does it, and what its output depends on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.anchoring.protocol import Anchor
from sonovista.generate.backends import build_backend, weights_of
from sonovista.generate.calibration.horizon import keep_horizon
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.checkpoints import Checkpoints
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.given_panorama import PANORAMA_VIEW_FOV, given_panorama, panorama_view
from sonovista.generate.lanes import run_in_two_lanes
from sonovista.generate.options import CreateOptions
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.completed import completed_like_photo
from sonovista.generate.regions.painted_sky import with_painted_sky
from sonovista.generate.regions.protocol import RegionMap
from sonovista.generate.room.protocol import RoomEstimate
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.sounding.protocol import Sound
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry.equirectangular import pixel_angles
from sonovista.geometry.frames import angles_from_direction
from sonovista.geometry.image_files import Photo
from sonovista.scene.gaussians import Gaussians

SOUND_SECONDS = 8.0


@dataclass
class StageRun:
    """What there is while stages run.

    Attributes:
        photo: as it was read.
        options: of the scene.
        chosen: stage -> name of its backend.
        image: what the stages see: the photo, or the middle of a panorama in its place, shape `(h, w, 3)`, uint8.
        given: the panorama, where the user gave one.
        outputs: of the stages that ran, by name.
        sha256: of the photo (as "photo") and of the outputs.
    """

    photo: Photo
    options: CreateOptions
    chosen: dict[str, str]
    image: NDArray[np.uint8]
    given: Panorama | None
    sha256: dict[str, str]
    outputs: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, stage: str) -> Any:
        """A stage's output."""
        return self.outputs[stage]

    def backend(self, stage: str) -> Any:
        """The backend chosen for a stage, with the user's options."""
        return build_backend(stage, self.chosen[stage], self.options.backend_options.get(stage))


@dataclass(frozen=True)
class Stage:
    """One row of the table.

    Attributes:
        name: of the stage and of its checkpoint.
        kind: type of its output.
        reads: stages (and "photo") whose outputs it reads; it runs anew when one of them changes.
        compute: makes its output.
        depends: what its output depends on beside that and its backend's options; JSON.
        notes: what to say of its output in the scene's record.
        backend: stage whose backend does it; its own where this is empty.
        beside: whether it runs beside the others, in a thread of its own.
    """

    name: str
    kind: Any
    reads: tuple[str, ...]
    compute: Callable[[StageRun], Any]
    depends: Callable[[CreateOptions], dict[str, Any]] = lambda options: {}
    notes: Callable[[Any], list[str]] = lambda value: []
    backend: str = ""
    beside: bool = False

    def record_options(self, options: CreateOptions) -> dict[str, Any]:
        """All options on which the output depends."""
        return options.backend_options.get(self.backend or self.name, {}) | self.depends(options)


def run_stages(
    photo: Photo, options: CreateOptions, chosen: dict[str, str], checkpoints: Checkpoints, until: str = "lifting"
) -> StageRun:
    """Run the stages up to one of them: those that say what sounds beside those that make the picture.

    Args:
        photo: as it was read.
        options: of the scene.
        chosen: stage -> backend, of `choose_backends`.
        checkpoints: keeps what is finished.
        until: name of the last stage to run.

    Returns:
        The outputs, by stage.

    Raises:
        InputError: the photo cannot be used.
        ValueError: there is no such stage.
    """
    if until not in STAGES:
        raise ValueError(f"expected one of {', '.join(STAGES)}, found {until!r}")
    given = given_panorama(photo, options.panorama_height) if options.panorama else None
    image = photo.pixels if given is None else panorama_view(given)
    run = StageRun(photo, options, chosen, image, given, {"photo": photo.sha256})
    table = {stage.name: stage for stage in TABLE[: STAGES.index(until) + 1]}

    def work(name: str) -> None:
        stage = table[name]
        backend = chosen[stage.backend or name]
        weights = [f"weights {w.name}, {w.licence}" for w in weights_of(stage.backend or name, backend)]
        run.outputs[name], run.sha256[name] = checkpoints.run(
            name,
            stage.kind,
            lambda: stage.compute(run),
            backend=backend,
            options=stage.record_options(options),
            inputs=[run.sha256[read] for read in stage.reads],
            notes=lambda value: [*stage.notes(value), *weights],
        )

    run_in_two_lanes(
        list(table), {name: stage.reads for name, stage in table.items()}, lambda name: table[name].beside, work
    )
    return run


def _calibrate(run: StageRun) -> Calibration:
    if run.given is not None:
        return Calibration(0.0, 0.0, PANORAMA_VIEW_FOV, 1.0, 1.0, 1.0, "a panorama needs none")
    return run.backend("calibration")(run.image, run.photo.focal_length_35mm)


def _photo_regions(run: StageRun) -> RegionMap:
    rays = run["calibration"].camera(run.image.shape[1], run.image.shape[0]).ray_directions()
    return run.backend("regions")(run.image, angles_from_direction(rays)[1].astype(np.float32), False)


def _settle_horizon(run: StageRun) -> Calibration:
    return run["calibration"] if run.given is not None else keep_horizon(run["calibration"], run["regions"])


def _outpaint(run: StageRun) -> Panorama:
    options = run.options
    if run.given is not None:
        return run.given
    given = run.image, run["horizon"], run["regions"]
    return run.backend("outpainting")(*given, options.panorama_height, options.seed)


def _panorama_regions(run: StageRun) -> RegionMap:
    height = run.options.panorama_height
    elevation = pixel_angles(height)[1].astype(np.float32)
    everywhere = np.ascontiguousarray(np.broadcast_to(elevation[:, None], (height, 2 * height)))
    panorama = run["outpainting"]
    found = run.backend("regions")(panorama.pixels, everywhere, True)
    camera = run["horizon"].camera(run.image.shape[1], run.image.shape[0])
    if found.details is not None:  # else told by colour and place, which a completion keeps
        found = completed_like_photo(found, panorama.observed, run["regions"], camera)
    if panorama.painted_sky is None:
        return found
    return with_painted_sky(found, panorama.painted_sky, panorama.observed, run["regions"], camera)


def _depth(run: StageRun) -> DepthEstimate:
    panorama = run["outpainting"], run["panorama-regions"]
    return run.backend("depth")(*panorama, run.image, run["regions"], run["horizon"])


def _room(run: StageRun) -> RoomEstimate | None:
    return run.backend("room")(run["depth"].panorama, run["panorama-regions"], run["outpainting"].observed)


def _understand(run: StageRun) -> list[SoundingThing]:
    seen = run.image, run["regions"], run["outpainting"], run["panorama-regions"]
    return run.backend("understanding")(*seen, run.options.sources, run.options.seed, run["horizon"])


def _segment(run: StageRun) -> list[Instance]:
    seen = run["outpainting"], run["panorama-regions"]
    return run.backend("segmentation")(*seen, run["understanding"], run.options.seed)


def _anchor(run: StageRun) -> list[Anchor]:
    return run.backend("anchoring")(run["depth"].panorama, run["segmentation"], run["understanding"], run.options.seed)


def _sound(run: StageRun) -> list[Sound]:
    options = run.options
    return _make_sounds(
        run.backend("sounding"), options.sounds, run["segmentation"], run["understanding"], options.seed
    )


def _ambience(run: StageRun) -> Sound:
    heard = run["understanding"], run["panorama-regions"], run["depth"].indoor
    return run.backend("ambience")(*heard, SOUND_SECONDS, run.options.seed)


def _lift(run: StageRun) -> Gaussians:
    options = run.options
    seen = run["outpainting"], run["depth"], run.image, run["horizon"]
    return run.backend("lifting")(*seen, options.gaussians, options.seed)


def _seed(options: CreateOptions) -> dict[str, Any]:
    return {"seed": options.seed}


TABLE = (
    Stage(
        "calibration",
        Calibration,
        ("photo",),
        _calibrate,
        lambda options: {"panorama": options.panorama},
        notes=lambda value: [value.method],
    ),
    Stage("regions", RegionMap, ("photo", "calibration"), _photo_regions),
    Stage(
        "horizon",
        Calibration,
        ("calibration", "regions"),
        _settle_horizon,
        lambda options: {"panorama": options.panorama},
        notes=lambda value: [value.method],
        backend="calibration",
    ),
    Stage(
        "outpainting",
        Panorama,
        ("photo", "horizon", "regions"),
        _outpaint,
        lambda options: {"height": options.panorama_height, "seed": options.seed},
    ),
    Stage(
        "panorama-regions",
        RegionMap,
        ("photo", "horizon", "regions", "outpainting"),
        _panorama_regions,
        backend="regions",
    ),
    Stage("depth", DepthEstimate, ("photo", "horizon", "regions", "outpainting", "panorama-regions"), _depth),
    Stage(
        "room",
        RoomEstimate | None,
        ("outpainting", "panorama-regions", "depth"),
        _room,
        notes=lambda value: [value.provenance if value else "in the open: none"],
    ),
    Stage(
        "understanding",
        list[SoundingThing],
        ("photo", "horizon", "regions", "outpainting", "panorama-regions"),
        _understand,
        lambda options: {"sources": list(options.sources), "seed": options.seed},
        notes=lambda value: [
            f"{thing.name}: {thing.confidence:.2f}" + (f" ({thing.why})" if thing.why else "") for thing in value
        ],
        beside=True,
    ),
    Stage(
        "segmentation",
        list[Instance],
        ("outpainting", "panorama-regions", "understanding"),
        _segment,
        _seed,
        beside=True,
    ),
    Stage("anchoring", list[Anchor], ("depth", "segmentation", "understanding"), _anchor, _seed, beside=True),
    Stage(
        "sounding",
        list[Sound],
        ("segmentation", "understanding"),
        _sound,
        lambda options: {"seed": options.seed, "sounds": _folder_listing(options.sounds)},
        notes=lambda value: sorted({sound.provenance for sound in value}),
        beside=True,
    ),
    Stage(
        "ambience",
        Sound,
        ("understanding", "panorama-regions", "depth"),
        _ambience,
        _seed,
        notes=lambda value: [value.provenance],
        beside=True,
    ),
    Stage(
        "lifting",
        Gaussians,
        ("photo", "horizon", "outpainting", "depth"),
        _lift,
        lambda options: {"gaussians": options.gaussians, "seed": options.seed},
        notes=lambda value: [f"{len(value)} Gaussians"],
    ),
)

STAGES = tuple(stage.name for stage in TABLE)
"""Each after what it reads; `progress` is told of each as it begins, then of "assembly"."""


def _folder_listing(folder: Path | None) -> list[list[str | int]]:
    """Names, sizes and times of a folder's files: what the sounds made from it depend on."""
    if folder is None:
        return []
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [[str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns] for path in files]


def _make_sounds(
    maker: Any, folder: Path | None, instances: Sequence[Instance], things: Sequence[SoundingThing], seed: int
) -> list[Sound]:
    if folder is not None:
        from sonovista.generate.sounding.folder import FolderSounds
        from sonovista.generate.sounding.folder import Options as FolderOptions

        maker = FolderSounds(FolderOptions(directory=folder), maker)
    sounds: list[Sound] = []
    for index, instance in enumerate(instances):
        thing = things[instance.thing]
        # A seed for each instance: two birds do not sing the same song.
        own_seed = int(np.random.SeedSequence([seed, index]).generate_state(1)[0] >> 1)
        sounds.append(maker(thing.name, thing.prompt, thing.level_db, SOUND_SECONDS, own_seed))
    return sounds
