"""The `sonovista` command, and how every error reaches its user."""

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from sonovista.version import __version__
from sonovista.whole_files import FORBIDDEN, FULL, TOO_LARGE, refusal

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
        _fail(str(error) + _once_there_is_room(error.__cause__))
    except SystemExit as end:
        if end.code == INTERRUPTED and (how := _how_to_go_on()):
            sys.stderr.write(f"sonovista: interrupted; what was finished is kept: {how}\n")
        raise
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not fail again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in (*FULL, *FORBIDDEN, *TOO_LARGE):
            raise
        _fail(refusal(error, error.filename or "output") + _once_there_is_room(error))


def _how_to_go_on() -> str:
    """What to do when there was an end to the command that was given; empty where it keeps nothing."""
    return HOW_TO_GO_ON.get(next((word for word in sys.argv[1:] if not word.startswith("-")), ""), "")


def _once_there_is_room(error: BaseException | None) -> str:
    """What to do then, to be put behind the line; empty unless the disk was full and what is finished is kept."""
    how = _how_to_go_on() if isinstance(error, OSError) and error.errno in FULL else ""
    return f"; free some, then {how}" if how else ""


def _fail(message: str) -> None:
    line = " ".join(message.split())
    sys.stderr.write(f"sonovista: error: {line}\n")
    sys.exit(1)
