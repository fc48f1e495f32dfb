"""`sonovista doctor`: what works on this machine, and what to install for the rest."""

import os
import platform
from importlib import metadata
from typing import Annotated

import typer

from sonovista.cli.output import print_json


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("doctor", epilog="Example:  sonovista doctor --json")(doctor)


def doctor(json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False) -> None:
    """Say what works on this machine."""
    from sonovista.cli.checks import run_checks

    checks = run_checks()
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    if json_:
        print_json(
            {"sonovista": metadata.version("sonovista"), "machine": machine, "checks": [vars(c) for c in checks]}
        )
    else:
        typer.echo(f"sonovista {metadata.version('sonovista')}, Python {machine['python']}, {machine['cores']} cores")
        for check in checks:
            typer.echo(f"  {'ok     ' if check.works else 'missing'}  {check.name}: {check.detail}")
    if not all(check.works for check in checks if check.required):
        raise typer.Exit(1)
