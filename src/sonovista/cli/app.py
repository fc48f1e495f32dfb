"""The `sonovista` command, and how every error reaches its user."""

import errno
import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from sonovista.version import __version__

app = typer.Typer(
    name="sonovista",
    help="One photo becomes a 3D world that you can walk through and hear.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
    epilog="Start with:  sonovista create photo.jpg -o my-scene  and then:  sonovista view my-scene",
)

COMMANDS = (
    "create",
    "view",
    "play",
    "export",
    "render",
    "evaluate",
    "simulate",
    "models",
    "localize",
    "rotation",
    "track",
    "train",
    "doctor",
)
for _name in COMMANDS:
    import_module(f"sonovista.cli.{_name}").register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sonovista {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


INTERRUPTED = 130
"""Exit code that Typer gives an interruption (128 and the signal's number, as shells have it)."""

HOW_TO_GO_ON = {
    "create": "go on with --resume",
    "simulate": "the same command goes on",
    "train": "the same command goes on",
}
"""For commands that keep what is finished."""


def main() -> None:
    """Run the command line; exit 0 done, 1 failed on this input, 2 wrong usage, 130 interrupted."""
    from sonovista.errors import BackendUnavailable, InputError

    try:
        app()
    except (InputError, BackendUnavailable) as error:
        _fail(str(error))
    except SystemExit as end:
        if end.code == INTERRUPTED and (how := _how_to_go_on()):
            sys.stderr.write(f"sonovista: interrupted; what was finished is kept: {how}\n")
        raise
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not fail again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if (line := _environment_error(error)) is None:
            raise
        _fail(line)


def _how_to_go_on() -> str:
    """What to do when there was an end to the command that was given; empty where it keeps nothing."""
    return HOW_TO_GO_ON.get(next((word for word in sys.argv[1:] if not word.startswith("-")), ""), "")


def _environment_error(error: OSError) -> str | None:
    """One line for what the machine refused, None for what is our own bug."""
    place = error.filename or "output"
    if error.errno == errno.EFBIG:
        return f"{place}: expected room for the file, found it too large for this disk or for the limit on file sizes"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        how = _how_to_go_on()
        return f"{place}: expected room on the disk, found it full" + (f"; free some, then {how}" if how else "")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place}: expected permission to write, found none"
    return None


def _fail(message: str) -> None:
    line = " ".join(message.split())
    sys.stderr.write(f"sonovista: error: {line}\n")
    sys.exit(1)
