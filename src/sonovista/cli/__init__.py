"""The command line: one file per group of commands; it parses, calls and prints, and holds no logic."""

from sonovista.cli.app import main

__all__ = ["main"]
