"""Photo -> scene: the only place that knows the order of the stages."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.generate.anchoring.protocol import Anchor
from sonovista.generate.assembly import assemble_scene
from sonovista.generate.backends import build_backend, choose_backends
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.checkpoints import Checkpoints, stage_input_sha256
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import RegionMap
from sonovista.generate.room.protocol import RoomEstimate
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.sounding.protocol import Sound
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import perspective_view, pixel_angles
from sonovista.geometry.frames import angles_from_direction
from sonovista.geometry.image_files import Photo, read_photo
from sonovista.scene import Scene
from sonovista.scene.gaussians import Gaussians
from sonovista.scene.reading import read_document
from sonovista.scene.scene import check_replaceable, move_into_place

STAGES = (
    "calibration",
    "regions",
    "outpainting",
    "panorama-regions",
    "depth",
    "room",
    "understanding",
    "segmentation",
    "anchoring",
    "sounding",
    "ambience",
    "lifting",
)
"""In the order in which they run; `progress` is told of each, then of "assembly"."""

SOUND_SECONDS = 8.0
PANORAMA_VIEW_FOV = np.deg2rad(75.0)


@dataclass(frozen=True)
class CreateOptions:
    """All that a scene depends on beside the photo.

    Attributes:
        profile: which backends, see `sonovista.generate.backends.PROFILES`.
        backends: stage -> backend, over the profile's.
        backend_options: stage -> options of its backend.
        sources: what the user knows to sound in the picture; each of them is in the scene.
        sounds: a folder of the user's own sounds, matched by name.
        panorama: the picture is an equirectangular panorama already.
        panorama_height: pixels; the panorama is twice as wide.
        gaussians: at most so many.
        seed: of every random choice.
    """

    profile: str = "offline"
    backends: dict[str, str] = field(default_factory=dict)
    backend_options: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    sounds: Path | None = None
    panorama: bool = False
    panorama_height: int = 1024
    gaussians: int = 1_000_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 128 <= self.panorama_height <= 4096 or self.panorama_height % 2:
            raise InputError(f"panorama height: expected an even number from 128 to 4096, found {self.panorama_height}")
        if not 1_000 <= self.gaussians <= 4_000_000:
            raise InputError(f"gaussians: expected 1000 to 4000000, found {self.gaussians}")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed: expected 0 to {2**31 - 1}, found {self.seed}")
        for name in self.sources:
            if not name.strip() or len(name) > 100:
                raise InputError(f"sources: expected names of 1 to 100 characters, found {name!r}")
        if self.sounds is not None and not self.sounds.is_dir():
            raise InputError(f"{self.sounds}: expected a folder of sounds, found none")


def create(
    image: str | Path,
    output: str | Path,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Callable[[str, bool], None] | None = None,
    options: CreateOptions | None = None,
    **fields: Any,
) -> Scene:
    """Turn a photo into a scene and write its folder.

    Args:
        image: the photo, or a panorama where `panorama` is set.
        output: folder of the scene; it appears only when it is whole. Until then what is finished lies in
            `<output>.partial`.
        resume: go on where a run that was interrupted stopped.
        force: replace a scene that is there, and forget an interrupted run.
        progress: called with the name of each stage as it begins, and whether it was finished in a run before.
        options: what the scene depends on.
        **fields: fields of `CreateOptions`, such as `sources=("waterfall",)`, in place of `options`.

    Returns:
        The scene, as it was written.

    Raises:
        InputError: the photo, the place for the scene or an option cannot be used.
        BackendUnavailable: a backend needs what is not installed.
    """
    if options is None:
        options = CreateOptions(**fields)
    elif fields:
        raise TypeError("give either options or their fields, not both")
    output = Path(output)
    check_replaceable(output, overwrite=force or resume)
    chosen = choose_backends(options.profile, options.backends)
    photo = read_photo(image)
    partial = output.with_name(output.name + ".partial")
    if resume and not partial.exists() and (output / "scene.json").is_file():
        return _finished_scene(output, photo, options, chosen)
    checkpoints = _open_checkpoints(partial, resume, force, progress)
    scene = _run_stages(photo, Path(image).stem, options, chosen, checkpoints)
    if progress is not None:
        progress("assembly", False)
    staged = partial / "scene"
    # One may be left by a run that was killed while it wrote the scene.
    shutil.rmtree(staged, ignore_errors=True)
    scene.save(staged)
    move_into_place(staged, output)
    checkpoints.discard()
    return scene


def _finished_scene(output: Path, photo: Photo, options: CreateOptions, chosen: dict[str, str]) -> Scene:
    """A scene that is whole already, if it was made from this photo."""
    document = read_document(output)
    first = document.stages[0].input_sha256 if document.stages else ""
    expected = stage_input_sha256("calibration", chosen["calibration"], _calibration_options(options), [photo.sha256])
    if first != expected:
        raise InputError(f"{output}: expected a scene made from this photo, found another (replace: --force)")
    return Scene.load(output)


def _calibration_options(options: CreateOptions) -> dict[str, Any]:
    return options.backend_options.get("calibration", {}) | {"panorama": options.panorama}


def _open_checkpoints(
    partial: Path, resume: bool, force: bool, progress: Callable[[str, bool], None] | None
) -> Checkpoints:
    if partial.exists():
        if not partial.is_dir():
            raise InputError(f"{partial}: expected a folder of an interrupted run or nothing, found a file")
        if force:
            Checkpoints(partial).discard()
        elif not resume:
            raise InputError(f"{partial}: an interrupted run is there: go on with --resume, or begin anew with --force")
    try:
        return Checkpoints(partial, progress)
    except PermissionError as error:
        raise InputError(f"{partial.parent}: expected a folder that can be written to, found no permission") from error


@dataclass(frozen=True)
class _View:
    """What the stages see: the photo, or the middle of a panorama in its place."""

    pixels: NDArray[np.uint8]
    sha256: str


def _run_stages(photo: Photo, title: str, options: CreateOptions, chosen: dict[str, str], run: Checkpoints) -> Scene:
    """All stages in their order."""

    def backend(stage: str) -> Any:
        return build_backend(stage, chosen[stage], options.backend_options.get(stage))

    def common(stage: str, **depends: Any) -> dict[str, Any]:
        return {"backend": chosen[stage], "options": options.backend_options.get(stage, {}) | depends}

    seed = options.seed
    height = options.panorama_height
    given = _given_panorama(photo, height) if options.panorama else None
    view = _View(photo.pixels, photo.sha256) if given is None else _panorama_view(given, photo.sha256)
    image = view.pixels

    calibration, calibration_hash = run.run(
        "calibration",
        Calibration,
        lambda: (
            backend("calibration")(image, photo.focal_length_35mm)
            if given is None
            else Calibration(0.0, 0.0, PANORAMA_VIEW_FOV, 1.0, 1.0, 1.0, "a panorama needs none")
        ),
        backend=chosen["calibration"],
        options=_calibration_options(options),
        inputs=[view.sha256],
        notes=lambda value: [value.method],
    )
    regions, regions_hash = run.run(
        "regions",
        RegionMap,
        lambda: backend("regions")(image, _photo_elevation(image, calibration), False),
        **common("regions"),
        inputs=[view.sha256, calibration_hash],
    )
    panorama, panorama_hash = run.run(
        "outpainting",
        Panorama,
        lambda: given or backend("outpainting")(image, calibration, regions, height, seed),
        **common("outpainting", height=height, seed=seed),
        inputs=[view.sha256, calibration_hash, regions_hash],
    )
    panorama_regions, panorama_regions_hash = run.run(
        "panorama-regions",
        RegionMap,
        lambda: backend("regions")(panorama.pixels, _panorama_elevation(height), True),
        **common("regions"),
        inputs=[panorama_hash],
    )
    depth, depth_hash = run.run(
        "depth",
        DepthEstimate,
        lambda: backend("depth")(panorama, panorama_regions, image, regions, calibration),
        **common("depth"),
        inputs=[view.sha256, calibration_hash, regions_hash, panorama_hash, panorama_regions_hash],
    )
    room, _ = run.run(
        "room",
        RoomEstimate | None,  # pyright: ignore[reportArgumentType] - a union is no type to pyright
        lambda: backend("room")(depth.panorama, panorama_regions, panorama.observed),
        **common("room"),
        inputs=[panorama_hash, panorama_regions_hash, depth_hash],
        notes=lambda value: [value.provenance if value else "in the open: none"],
    )
    things, things_hash = run.run(
        "understanding",
        list[SoundingThing],
        lambda: backend("understanding")(image, regions, panorama, panorama_regions, options.sources, seed),
        **common("understanding", sources=list(options.sources), seed=seed),
        inputs=[view.sha256, regions_hash, panorama_hash, panorama_regions_hash],
        notes=lambda value: [f"{thing.name}: {thing.confidence:.2f}" for thing in value],
    )
    instances, instances_hash = run.run(
        "segmentation",
        list[Instance],
        lambda: backend("segmentation")(panorama, panorama_regions, things, seed),
        **common("segmentation", seed=seed),
        inputs=[panorama_hash, panorama_regions_hash, things_hash],
    )
    anchors, _ = run.run(
        "anchoring",
        list[Anchor],
        lambda: backend("anchoring")(depth.panorama, instances, things, seed),
        **common("anchoring", seed=seed),
        inputs=[depth_hash, instances_hash, things_hash],
    )
    own_sounds = _folder_listing(options.sounds)
    sounds, _ = run.run(
        "sounding",
        list[Sound],
        lambda: _make_sounds(backend("sounding"), options.sounds, instances, things, seed),
        **common("sounding", seed=seed, sounds=own_sounds),
        inputs=[instances_hash, things_hash],
        notes=lambda value: sorted({sound.provenance for sound in value}),
    )
    bed, _ = run.run(
        "ambience",
        Sound,
        lambda: backend("ambience")(things, panorama_regions, depth.indoor, SOUND_SECONDS, seed),
        **common("ambience", seed=seed),
        inputs=[things_hash, panorama_regions_hash, depth_hash],
        notes=lambda value: [value.provenance],
    )
    gaussians, _ = run.run(
        "lifting",
        Gaussians,
        lambda: backend("lifting")(panorama, depth, image, calibration, options.gaussians, seed),
        **common("lifting", gaussians=options.gaussians, seed=seed),
        inputs=[view.sha256, calibration_hash, panorama_hash, depth_hash],
        notes=lambda value: [f"{len(value)} Gaussians"],
    )
    return assemble_scene(
        title=title,
        photo_size=(image.shape[1], image.shape[0]),
        warnings=list(photo.notes),
        seed=seed,
        calibration=calibration,
        panorama=panorama,
        depth=depth,
        room=room,
        things=things,
        instances=instances,
        anchors=anchors,
        sounds=sounds,
        bed=bed,
        gaussians=gaussians,
        records=run.records,
    )


def _photo_elevation(image: NDArray[np.uint8], calibration: Calibration) -> NDArray[np.float32]:
    rays = calibration.camera(image.shape[1], image.shape[0]).ray_directions()
    return angles_from_direction(rays)[1].astype(np.float32)


def _panorama_elevation(height: int) -> NDArray[np.float32]:
    elevation = pixel_angles(height)[1].astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(elevation[:, None], (height, 2 * height)))


def _given_panorama(photo: Photo, height: int) -> Panorama:
    rows, columns = photo.pixels.shape[:2]
    if abs(columns - 2 * rows) > 2:
        raise InputError(f"--panorama: expected a picture twice as wide as high, found {columns} x {rows} pixels")
    shrinks = height < rows
    pixels = cv2.resize(
        photo.pixels, (2 * height, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return Panorama(np.asarray(pixels, np.uint8), np.ones((height, 2 * height), bool))


def _panorama_view(panorama: Panorama, sha256: str) -> _View:
    height = panorama.pixels.shape[0]
    # As many pixels for an angle as the panorama has.
    width = round(2 * float(np.tan(PANORAMA_VIEW_FOV / 2)) * height / np.pi)
    camera = PerspectiveCamera(width, round(width * 3 / 4), PANORAMA_VIEW_FOV)
    return _View(np.asarray(perspective_view(panorama.pixels, camera, cv2.INTER_CUBIC), np.uint8), sha256)


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
