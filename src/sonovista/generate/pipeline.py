"""Photo -> scene: the stages, run from checkpoints, and the folder that appears when all is done."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sonovista.errors import InputError
from sonovista.generate.assembly import assemble_scene
from sonovista.generate.backends import choose_backends, with_weights
from sonovista.generate.checkpoints import Checkpoints, stage_input_sha256
from sonovista.generate.options import CreateOptions
from sonovista.generate.stages import STAGES, TABLE, StageRun, run_stages
from sonovista.geometry.image_files import Photo, read_photo
from sonovista.scene import Scene
from sonovista.scene.document import StageRecord
from sonovista.scene.reading import read_document
from sonovista.scene.scene import check_replaceable, move_into_place

__all__ = ["STAGES", "CreateOptions", "create"]


def create(
    image: str | Path,
    output: str | Path,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Callable[[str, bool], None] | None = None,
    report: Callable[[str], None] = lambda line: None,
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
        progress: called with the name of each stage as it begins, and whether it was finished in a run before; from
            two threads, since some stages run beside others, but never at once.
        report: told in one line of weights that are fetched, and of classical methods taken for want of them.
        options: what the scene depends on.
        **fields: fields of `CreateOptions`, such as `sources=("waterfall",)`, in place of `options`.

    Returns:
        The scene, as it was written.

    Raises:
        InputError: the photo, the place for the scene or an option cannot be used.
        BackendUnavailable: a backend needs what is not installed, or one that `backends` names lacks its weights.
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
    chosen, replaced = with_weights(chosen, options.backends, report)
    checkpoints = _open_checkpoints(partial, resume, force, progress)
    run = run_stages(photo, options, chosen, checkpoints)
    scene = _scene(run, Path(image).stem, [checkpoints.records[stage] for stage in STAGES], replaced)
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
    record_options = TABLE[0].record_options(options)
    expected = stage_input_sha256("calibration", chosen["calibration"], record_options, [photo.sha256])
    if first != expected:
        raise InputError(f"{output}: expected a scene made from this photo, found another (replace: --force)")
    return Scene.load(output)


def _scene(run: StageRun, title: str, records: list[StageRecord], replaced: list[str]) -> Scene:
    return assemble_scene(
        title=title,
        photo_size=(run.image.shape[1], run.image.shape[0]),
        warnings=[*run.photo.notes, *replaced],
        seed=run.options.seed,
        calibration=run["horizon"],
        panorama=run["outpainting"],
        depth=run["depth"],
        room=run["room"],
        things=run["understanding"],
        instances=run["segmentation"],
        anchors=run["anchoring"],
        sounds=run["sounding"],
        bed=run["ambience"],
        gaussians=run["lifting"],
        records=records,
    )


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
