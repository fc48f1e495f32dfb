"""The version of this package, on the lowest floor so that every file may name it."""

__version__ = "0.1.0"
