"""Conditions of a build: guards that hold together, their unions and their negations.

Conditions are tuples of guards. Guards about one configuration symbol are combined by the values (`y`, `m`, none)
that they admit; any others are compared as texts.

Not handled: values of configuration symbols other than `y`, `m` and none.
"""

import functools
import re
from collections.abc import Sequence

from analyzer.model.guards import conjunction, negation, normalise

Conditions = tuple[str, ...]
Alternative = tuple[Conditions, str]  # a text under its conditions

_YES, _MODULE, _NO = 1, 2, 4
_FORM = re.compile(r"^(!?)(?:(CONFIG_\w+)|(IS_MODULE|IS_ENABLED|IS_BUILTIN)\((CONFIG_\w+)\))$")
_MASKS = {"": _YES, "IS_BUILTIN": _YES, "IS_MODULE": _MODULE, "IS_ENABLED": _YES | _MODULE}


@functools.lru_cache(16384)
def _mask(guard: str) -> tuple[str, int]:
    """The symbol that a guard is about and the values it admits; ("", 0) for any other guard."""
    match = _FORM.match(guard)
    if match is None:
        return "", 0
    mask = _MASKS[match[3] or ""]
    return match[2] or match[4], (7 ^ mask) if match[1] else mask


def _of_mask(symbol: str, mask: int) -> str:
    return {
        0: "0",
        _YES: symbol,
        _MODULE: f"IS_MODULE({symbol})",
        _YES | _MODULE: f"IS_ENABLED({symbol})",
        _NO: f"!IS_ENABLED({symbol})",
        _MODULE | _NO: f"!{symbol}",
        _YES | _NO: f"!IS_MODULE({symbol})",
        7: "",
    }[mask]


@functools.lru_cache(16384)
def opposite(guard: str) -> str:
    """The guard's negation."""
    return negation(guard)


@functools.lru_cache(32768)
def both(left: Conditions, right: Conditions) -> Conditions | None:
    """What holds when both hold; None when that cannot be."""
    if not right:
        return left
    merged = list(left)
    for guard in right:
        if guard == "0":
            return None
        if guard in merged:
            continue
        symbol, mask = _mask(guard)
        for at, known in enumerate(merged):
            also, second = _mask(known)
            if symbol and also == symbol:
                if not mask & second:
                    return None
                merged[at] = _of_mask(symbol, mask & second)
                break
            if not symbol and not also and opposite(guard) == known:
                return None
        else:
            merged.append(guard)
    return tuple(merged)


def merged(one: Conditions, other: Conditions) -> Conditions | None:
    """A single run of conditions for "one or the other", None when there is none."""
    if one == other or not one:
        return one
    if len(one) != len(other):
        return None
    differing = [at for at in range(len(one)) if one[at] != other[at]]
    if len(differing) != 1:
        return None
    symbol, mask = _mask(one[differing[0]])
    also, second = _mask(other[differing[0]])
    if not symbol or symbol != also:
        return None
    union = _of_mask(symbol, mask | second)
    kept = [g for at, g in enumerate(one) if at != differing[0]]
    return (*kept[: differing[0]], union, *kept[differing[0] :]) if union else tuple(kept)


def widened(runs: Sequence[Conditions]) -> list[Conditions]:
    """The runs with every symbol admitting all values that it has in any of them: less exact, but short."""
    masks: dict[str, int] = {}
    for guard in (guard for run in runs for guard in run):
        symbol, mask = _mask(guard)
        masks[symbol] = masks.get(symbol, 0) | mask
    found = []
    for run in runs:
        wide = (_of_mask(s, masks[s]) if (s := _mask(guard)[0]) else guard for guard in run)
        found.append(tuple(dict.fromkeys(guard for guard in wide if guard)))
    return found


def either(runs: Sequence[Conditions]) -> str:
    """The guard "one of these holds"; "0" for none."""
    distinct = list(dict.fromkeys(runs))
    again = True
    while again:
        again = False
        for at, one in enumerate(distinct):
            for later in range(at + 1, len(distinct)):
                union = merged(one, distinct[later])
                if union is not None:
                    distinct[at] = union
                    del distinct[later]
                    again = True
                    break
            if again:
                break
    if not distinct:
        return "0"
    if () in distinct:
        return ""
    texts = [conjunction(*run) for run in distinct]
    return texts[0] if len(texts) == 1 else normalise(" || ".join(f"({t})" for t in texts))
