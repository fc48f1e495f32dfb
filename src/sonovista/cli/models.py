"""`sonovista models`: weights of models: what there is, under which licence, fetching and checking them."""

from typing import Annotated

import typer

from sonovista.cli.output import print_json

_NAMES = Annotated[list[str] | None, typer.Argument(help="Names of weights [all].")]
_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    models = typer.Typer(
        help="Weights of models: licence, origin, checksum.",
        no_args_is_help=True,
        epilog="Examples:  sonovista models list  ·  sonovista models pull  ·  sonovista models verify",
    )
    models.command("list")(list_)
    models.command("pull")(pull)
    models.command("verify")(verify)
    app.add_typer(models, name="models")


def list_(json_: _JSON = False) -> None:
    """Say which weights there are, under which licence, and which are on this machine."""
    from sonovista.weights.cache import cached
    from sonovista.weights.registry import REGISTRY

    rows = [
        {
            "name": w.name,
            "task": w.task,
            "licence": w.licence,
            "commercial": w.commercial,
            "megabytes": round(w.size / 1e6, 1),
            "sha256": w.sha256,
            "origins": [str(origin) for origin in w.origins],
            "path": str(cached(w)) if cached(w).is_file() else None,
        }
        for w in REGISTRY
    ]
    if json_:
        print_json({"models": rows})
        return
    for row in rows:
        use = "commercial use allowed" if row["commercial"] else "no commercial use"
        typer.echo(f"{row['name']}  {row['megabytes']} MB  {row['licence']}, {use}")
        typer.echo(f"    {row['task']}")
        typer.echo(f"    {row['path'] or 'not on this machine; from ' + ', '.join(row['origins'])}")


def pull(names: _NAMES = None, json_: _JSON = False) -> None:
    """Fetch weights, check them, keep them."""
    from sonovista.weights.cache import pull as fetch
    from sonovista.weights.cache import remove_leftovers
    from sonovista.weights.registry import REGISTRY, find

    wanted = [find(name) for name in names] if names else list(REGISTRY)
    remove_leftovers()
    paths = {w.name: str(fetch(w, lambda line: typer.echo(line, err=True))) for w in wanted}
    if json_:
        print_json({"models": [{"name": name, "path": path} for name, path in paths.items()]})
    else:
        for name, path in paths.items():
            typer.echo(f"{name}: {path}")


def verify(names: _NAMES = None, json_: _JSON = False) -> None:
    """Check the weights on this machine; exit 1 where one is broken."""
    from sonovista.weights.cache import cached, is_whole
    from sonovista.weights.registry import REGISTRY, find

    wanted = [find(name) for name in names] if names else list(REGISTRY)
    states = {}
    for w in wanted:
        path = cached(w)
        states[w.name] = "missing" if not path.exists() else "whole" if is_whole(w, path) else "broken"
    if json_:
        print_json({"models": [{"name": name, "state": state} for name, state in states.items()]})
    else:
        for name, state in states.items():
            typer.echo(f"{state:8} {name}")
    if "broken" in states.values():
        raise typer.Exit(1)
