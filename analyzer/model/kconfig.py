"""What a Kconfig file says of the symbols that it defines, as far as it decides others.

Says nothing of prompts' texts, ranges, and defaults that a person can change.
"""

import msgspec


class Symbol(msgspec.Struct, frozen=True):
    """One `config` block. Conditions are guards over `CONFIG_` names (`analyzer.model.guards`), "" for none;
    `always` is that of its `def_bool y`, None for a symbol without one; all of `depends` must hold for it."""

    name: str
    always: str | None = None
    depends: tuple[str, ...] = ()
    selects: tuple[tuple[str, str], ...] = ()  # symbol, condition


class Decided(msgspec.Struct, frozen=True, array_like=True):
    """What Kconfig decides for an architecture: the values of symbols that nobody can change, and the symbols that
    may be on at all, None when that is unknown. Both are named `CONFIG_X`."""

    implied: dict[str, str] = {}
    possible: frozenset[str] | None = None
