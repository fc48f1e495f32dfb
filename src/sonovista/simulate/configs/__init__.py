"""Benchmark sets that come with the library, each as options of a simulation."""

from importlib.resources import files
from pathlib import Path

from sonovista.errors import InputError


def find_config(name: str) -> Path:
    """The YAML file of a config by its name, or the path itself.

    Raises:
        InputError: there is neither.
    """
    folder = Path(str(files(__name__)))
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if name in known:
        return known[name]
    if not Path(name).is_file():
        raise InputError(f"{name}: expected a YAML file or one of {', '.join(known)}, found neither")
    return Path(name)
