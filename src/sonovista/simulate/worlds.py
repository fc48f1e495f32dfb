"""Where a simulation's scenes come from: their names, and each of them as a place."""

from collections import Counter
from pathlib import Path

from sonovista.errors import InputError
from sonovista.simulate.options import SimulationOptions
from sonovista.simulate.protocol import Place

PANORAMA_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".hdr", ".exr")
MESH_ENDINGS = (".glb", ".gltf", ".obj", ".ply")
MOST_FILES = 100_000


def scene_files(options: SimulationOptions) -> list[Path]:
    """The files or folders that scenes are made of, sorted by path; none for procedural rooms.

    Raises:
        InputError: no such folder, nothing of the kind in it, or fewer than the scenes that are asked for.
    """
    if options.kind == "rooms" or options.folder is None:
        return []
    files = list_scene_files(options.kind, options.folder)
    if len(files) < options.scenes:
        raise InputError(f"{options.folder}: expected {options.scenes} {options.kind}, found {len(files)}")
    return files[: options.scenes]


def list_scene_files(kind: str, folder: Path) -> list[Path]:
    """All panoramas, meshes or scenes in a folder and the folders in it, sorted by path.

    Raises:
        InputError: no such folder, nothing of the kind in it, or two that would have the same name.
    """
    if kind == "scenes" and (folder / "scene.json").is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of {kind}, found {'a file' if folder.exists() else 'nothing'}")
    endings = PANORAMA_ENDINGS if kind == "panoramas" else MESH_ENDINGS
    try:
        if kind == "scenes":
            files = sorted(path.parent for path in folder.rglob("scene.json"))
        else:
            files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}") from None
    if not files or len(files) > MOST_FILES:
        what = "scene.json" if kind == "scenes" else ", ".join(endings)
        raise InputError(f"{folder}: expected 1 to {MOST_FILES} {kind} ({what}), found {len(files)}")
    _names(files)
    return files


def scene_names(options: SimulationOptions, files: list[Path]) -> list[str]:
    """The names of all scenes' folders: those of files without their endings, or with them where there are several."""
    return [f"room-{scene:04d}" for scene in range(options.scenes)] if options.kind == "rooms" else _names(files)


def open_place(options: SimulationOptions, files: list[Path], scene: int) -> Place:
    """A scene as a place.

    Raises:
        InputError: its file cannot be used.
        BackendUnavailable: a library is missing that reads or casts rays into it.
    """
    seed = options.scene_seed(scene)
    if options.kind == "rooms":
        from sonovista.simulate.rooms.photographs import read_photographs
        from sonovista.simulate.rooms.room import ProceduralRoom

        photographs = None if options.photographs is None else read_photographs(options.photographs)
        return ProceduralRoom(seed, options.room, photographs)
    if options.kind == "panoramas":
        from sonovista.simulate.places.panorama import PanoramaPlace

        return PanoramaPlace(files[scene], seed, options.room)
    if options.kind == "meshes":
        from sonovista.simulate.places.mesh import MeshPlace

        return MeshPlace(files[scene], options.mesh_up)
    from sonovista.simulate.places.scene import ScenePlace

    return ScenePlace(files[scene], seed, options.room)


def check_files(options: SimulationOptions, files: list[Path]) -> None:
    """Refuse, before anything is made, what can be seen to be wrong from the files' heads.

    Raises:
        InputError: names the file.
    """
    if options.kind == "panoramas":
        from sonovista.simulate.places.panorama import check_panorama

        for path in files:
            check_panorama(path)
    if options.kind == "meshes":
        from sonovista.simulate.places.mesh_files import check_mesh

        for path in files:
            check_mesh(path, options.mesh_up)
    for path in files:
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(f"{path}: expected a {options.kind.rstrip('s')}, found an empty file")


def _names(files: list[Path]) -> list[str]:
    """Names of their own for files; the ending tells apart one place's HDR and JPEG file."""
    stems = [_name(path) for path in files]
    often = Counter(stems)
    names = [_name(path, whole=True) if often[stem] > 1 else stem for path, stem in zip(files, stems, strict=True)]
    seen: dict[str, Path] = {}
    for name, path in zip(names, files, strict=True):
        if (other := seen.setdefault(name, path)) != path:
            raise InputError(f"{path}: expected a name of its own, found that of {other}")
    return names


def _name(path: Path, whole: bool = False) -> str:
    """A file's name without its ending, or whole, as a folder's name: only letters, digits, `-` and `_`."""
    keep = whole or path.suffix.lower() not in PANORAMA_ENDINGS + MESH_ENDINGS or path.is_dir()
    stem = path.name if keep else path.stem
    return "".join(c if (c.isascii() and c.isalnum()) or c in "-_" else "_" for c in stem)[:100]
