"""Paths that a scene's file names: they never leave its folder."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from sonovista.errors import InputError


def resolve_inside(folder: Path, relative: str, field: str) -> Path:
    """The file that `relative` names inside `folder`.

    Args:
        folder: the scene's folder.
        relative: a path with forward slashes, as `scene.json` writes it.
        field: where it was written, for the error.

    Returns:
        The resolved path; it need not exist.

    Raises:
        InputError: the path is absolute, climbs out of the folder, or a link leads out of it.
    """
    candidate = PurePosixPath(relative)
    windows = PureWindowsPath(relative)
    leaves = candidate.is_absolute() or windows.is_absolute() or windows.drive or ".." in windows.parts
    root = folder.resolve()
    # A name with a NUL byte cannot be resolved at all.
    if leaves or "\0" in relative or not (resolved := (root / candidate).resolve()).is_relative_to(root):
        raise InputError(
            f"{folder / 'scene.json'}: {field}: expected a path inside the scene's folder, found {relative!r}"
        )
    return resolved
