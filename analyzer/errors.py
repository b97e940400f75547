"""Exceptions for mistakes a person can mend: what is wrong, where, and what to do.

Bad C is never an exception; it is data (`analyzer.model.facts.ParseDiagnostic`).
"""


class KcgError(Exception):
    """A user mistake or a broken store. The message is one sentence; `hint` says what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SourceError(KcgError):
    """A kernel source cannot be read: no such path, no kernel, unknown revision, broken tarball."""


class UnknownNameError(KcgError):
    """No function or symbol of that name; `suggestions` are near names, best first."""

    def __init__(self, message: str, *, suggestions: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.suggestions = suggestions


class AmbiguousNameError(KcgError):
    """Several functions have the name; `candidates` are spellings (`file:function`) that are unique."""

    def __init__(self, message: str, *, candidates: tuple[str, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class OutputError(KcgError):
    """An output cannot be produced: unknown suffix, unwritable path, no Graphviz."""


class StoreError(KcgError):
    """The index cannot be read or written."""


class NoteError(KcgError):
    """A note cannot be read or written back: no text, no such file, a directive that means nothing."""


class SettingsError(KcgError):
    """A settings file cannot be read, or has a key or value that means nothing."""
