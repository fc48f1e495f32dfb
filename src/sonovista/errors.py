"""The two errors that a user can mend; anything else is our bug and keeps its traceback."""


class InputError(ValueError):
    """What the user gave cannot be used.

    The message is one line that names the file or field, what was expected and what was found.
    """


class BackendUnavailable(RuntimeError):  # noqa: N818 - it says what is the case, not what went wrong
    """A backend needs a library or weights that are not installed; the message names what to install."""
