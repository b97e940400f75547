"""What differs between two declarations of the same thing: signatures, records, tables, enums, constants.

Parts are matched by name, what is left by type and place (renamed parts); what does not keep its order among those
that both sides have has moved. Symmetric. Not handled: layouts (offsets, sizes), values behind expressions.
"""

import ast
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from analyzer.compare.likeness import names_alike, unmoved
from analyzer.compare.sites import plain
from analyzer.model.callgraph import Function
from analyzer.model.difference import ConstantsChange, PartChange, SignatureChange, TypeChange
from analyzer.model.facts import Enum, Enumerator
from analyzer.model.shown import ShownObject, ShownRecord

_UNSIGNED = re.compile(r"\bunsigned\b(?! (?:int|long|short|char|__int128)\b)")
_STORAGE = re.compile(r"\b(?:asmlinkage|extern|noinline|notrace|__init|__always_inline|inline|static)\b ?")
_EXPORTED = re.compile(r"\b__([us](?:8|16|32|64))\b")
NUMBER = re.compile(r"[(\s]*[-+]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)[uUlL]*[)\s]*\Z")
_ALIKE = 0.5
_PLACE = re.compile(r"\[\d+\]")
_CAST = re.compile(r"\(\s*(?:__force\s+)?[a-z_]\w*(?:\s+[a-z_]\w*)*\s*\)")
_BIT = re.compile(r"\b_?BIT(?:UL|ULL)?\s*\(([^()]*)\)")
_SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b")
_ARITHMETIC = re.compile(r"[\s0-9a-fA-FxX()+\-*|&<>~^]+\Z")
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}


class Part(NamedTuple):
    """A parameter, member, entry or constant."""

    name: str
    text: str  # its type, or the value
    guard: str = ""


class Constant(NamedTuple):
    """The value of a constant; `counted`: an enum counts on to it."""

    value: str
    counted: bool = False


def signature(before: Function, after: Function) -> SignatureChange | None:
    """How a function is declared otherwise; None when it is not."""
    changes: list[PartChange] = []
    one, other = _result(before), _result(after)
    if one != other:
        changes.append(PartChange("returns", "", one, other))
    changes += parts(
        [Part(p.name, p.type) for p in before.parameters if plain(p.type) != "void" or p.name],
        [Part(p.name, p.type) for p in after.parameters if plain(p.type) != "void" or p.name],
        what="type",
    )
    if not changes:
        return None
    return SignatureChange(
        after.ref.name,
        before.ref.name if before.ref.name != after.ref.name else "",
        before.signature,
        after.signature,
        f"{before.ref.file}:{before.ref.line}",
        f"{after.ref.file}:{after.ref.line}",
        tuple(changes),
    )


def _result(function: Function) -> str:
    return _type(_STORAGE.sub("", function.return_type))


def _type(text: str) -> str:
    """A type's text as it is compared: `unsigned` is `unsigned int`, `__u32` is `u32`, layout does not count."""
    return plain(_EXPORTED.sub(r"\1", _UNSIGNED.sub("unsigned int", text)))


def parts(
    before: Sequence[Part], after: Sequence[Part], *, what: Literal["type", "value"], order: bool = True
) -> list[PartChange]:
    """What differs between two lists of parts whose texts are types or values; `order`: their places matter."""
    before, after = _unique(before), _unique(after)
    pairs, gone, fresh = _paired(before, after)
    kept = unmoved([(i, j) for i, j in pairs], [_label(before[i], after[j]) for i, j in pairs])
    changes: list[tuple[tuple[int, int], PartChange]] = []
    for number, (i, j) in enumerate(pairs):
        one, other = before[i], after[j]
        name = other.name or one.name or f"#{j + 1}"
        if one.name != other.name and one.name and other.name:
            changes.append(((j, 0), PartChange("name", name, one.name, other.name)))
        if _type(one.text) != _type(other.text):
            changes.append(((j, 1), PartChange(what, name, one.text, other.text)))
        if one.guard != other.guard:
            changes.append(((j, 2), PartChange("guard", name, one.guard, other.guard)))
        if order and number not in kept:
            changes.append(((j, 3), PartChange("moved", name, _behind(before, i), _behind(after, j))))
    changes += [((_near(i, pairs), -2), PartChange("removed", before[i].name, before[i].text, "")) for i in gone]
    changes += [((j, -1), PartChange("added", after[j].name, "", after[j].text)) for j in fresh]
    return [change for _, change in sorted(changes, key=lambda c: c[0])]


def _unique(given: Sequence[Part]) -> list[Part]:
    """Parts that are there once per configuration (a bit field for each byte order) as one."""
    found: dict[str, Part] = {}
    for number, part in enumerate(given):
        key = part.name or f"#{number}"
        known = found.get(key)
        found[key] = part if known is None else known._replace(guard="")
    return list(found.values())


def _paired(before: Sequence[Part], after: Sequence[Part]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of indices, and what is left on each side. By name; then unnamed and renamed ones by type, of which
    the likest and nearest are taken first."""
    places: dict[str, list[int]] = {}
    for j, part in enumerate(after):
        if part.name:
            places.setdefault(part.name, []).append(j)
    pairs: list[tuple[int, int]] = []
    for i, part in enumerate(before):
        if part.name and places.get(part.name):
            pairs.append((i, places[part.name].pop(0)))
    left = sorted(set(range(len(before))) - {i for i, _ in pairs})
    right = sorted(set(range(len(after))) - {j for _, j in pairs})
    known = dict(pairs)
    scored: list[tuple[float, int, int, int, int]] = []
    for i in left:
        for j in right:
            if _type(before[i].text) != _type(after[j].text):
                continue
            alike = names_alike(before[i].name, after[j].name)
            beside = known.get(i - 1) == j - 1 or known.get(i + 1) == j + 1 or (i == j == 0)
            beside = beside or (i == j and len(before) == len(after))
            unnamed = not before[i].name or not after[j].name
            if (beside and (alike >= _ALIKE or len(left) == len(right))) or unnamed:
                scored.append((-alike, abs(i - j), min(i, j), i, j))
    for _, _, _, i, j in sorted(scored):
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            pairs.append((i, j))
    return sorted(pairs), left, right


def _label(one: Part, other: Part) -> str:
    return "\0".join(sorted((one.name, other.name)))


def _near(place: int, pairs: Sequence[tuple[int, int]]) -> int:
    """Where a part of the older list would stand in the newer one."""
    ahead = [j for i, j in pairs if i < place]
    return max(ahead) + 1 if ahead else 0


def _behind(sequence: Sequence[Part], place: int) -> str:
    return sequence[place - 1].name if place else ""


def record(before: ShownRecord | None, after: ShownRecord | None, used: Collection[str] = ()) -> TypeChange | None:
    """What differs between two definitions of a struct or union, one of which may be missing. `used` are the
    members that the tree's functions name."""
    one = [Part(f.name, f.type, f.guard) for f in before.fields] if before else []
    other = [Part(f.name, f.type, f.guard) for f in after.fields] if after else []
    shown = after or before
    if shown is None:
        return None
    kind: Literal["struct", "union"] = "union" if shown.keyword == "union" else "struct"
    changes = parts(one, other, what="type") if before and after else []
    if before and after and not changes:
        return None
    return TypeChange(kind, shown.name, _place(before), _place(after), _marked(changes, used))


def _marked(changes: Sequence[PartChange], used: Collection[str]) -> tuple[PartChange, ...]:
    """The changes, with those of members that nobody names marked as such."""
    return tuple(
        msgspec.structs.replace(change, used=bool(names & set(used)))
        for change in changes
        for names in ({change.name.rpartition(".")[2]} | ({change.before} if change.what == "name" else set()),)
    )


def table(before: ShownObject | None, after: ShownObject | None, used: Collection[str] = ()) -> TypeChange | None:
    """What differs between two ops tables' entries, one of which may be missing; `used` as for records."""
    one, other = _entries(before), _entries(after)
    shown = after or before
    if shown is None:
        return None
    changes = parts(one, other, what="value", order=False) if before and after else []
    if before and after and not changes:
        return None
    return TypeChange("table", shown.name, _place(before), _place(after), _marked(changes, used))


def _entries(shown: ShownObject | None) -> list[Part]:
    """Entries by their member; those that only stand in a row (as in a list of hooks) by what they say, since one
    that is put in before them gives all of them other places."""
    entries = shown.entries if shown else ()
    if entries and all(_PLACE.fullmatch(e.path) for e in entries):
        return [Part(e.value, "", e.guard) for e in entries]
    return [Part(e.path, e.value, e.guard) for e in entries]


def _place(shown: ShownRecord | ShownObject | None) -> str:
    return f"{shown.file}:{shown.line}" if shown else ""


def constants(
    family: str,
    before: Mapping[str, Constant],
    after: Mapping[str, Constant],
    used: Collection[str] | None = None,
) -> ConstantsChange | None:
    """What differs between the values of constants. Where several enum constants only count on from another
    number, because something came before them, that is not told."""
    changes: list[PartChange] = []
    shifted: list[PartChange] = []
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one is None and other is not None:
            changes.append(PartChange("added", name, "", other.value))
        elif other is None and one is not None:
            changes.append(PartChange("removed", name, one.value, ""))
        elif one is not None and other is not None and _value(one.value) != _value(other.value):
            counted = one.counted and other.counted
            (shifted if counted else changes).append(PartChange("value", name, one.value, other.value))
    changes += shifted if len(shifted) == 1 else []
    if used is not None:
        changes = [msgspec.structs.replace(change, used=change.name in used) for change in changes]
    return ConstantsChange(family, tuple(sorted(changes, key=_by_value))) if changes else None


def numbered(enum: Enum) -> Iterator[tuple[Enumerator, str]]:
    """An enum's constants with their values, counted on from the last one that is given."""
    base, offset = "0", 0
    for constant in enum.constants:
        if constant.value:
            base, offset = constant.value, 0
        if NUMBER.match(base) and offset:
            yield constant, str(_number(base) + offset)
        else:
            yield constant, f"{base} + {offset}" if offset else base
        offset += 1


def _number(text: str) -> int:
    plain = text.strip("()\t uUlL").replace(" ", "")
    sign = -1 if plain.startswith("-") else 1
    plain = plain.lstrip("+-~")
    octal = len(plain) > 1 and plain[0] == "0" and plain[1] in "01234567"
    return sign * int(plain, 8 if octal else 0)


def _value(text: str) -> str:
    """The number that a constant expression of literals makes, so that `(1 << 4)` is `0x10`; else its text."""
    bare = _BIT.sub(r"(1 << (\1))", _SUFFIX.sub(r"\1", _CAST.sub("", text)))
    if not _ARITHMETIC.match(bare):
        return plain(text)
    try:
        return str(_computed(ast.parse(bare.strip(), mode="eval").body))
    except (SyntaxError, ValueError, OverflowError):  # octal as C writes it, or nothing that can be computed
        return plain(text)


def _computed(tree: ast.expr) -> int:
    match tree:
        case ast.Constant(int(value)):
            return value
        case ast.UnaryOp(ast.USub() | ast.Invert() as sign, operand):
            return -_computed(operand) if isinstance(sign, ast.USub) else ~_computed(operand)
        case ast.BinOp(left, action, right) if type(action) in _OPERATORS:
            one, other = _computed(left), _computed(right)
            if isinstance(action, ast.LShift | ast.RShift) and not 0 <= other < 64:
                raise ValueError
            return _OPERATORS[type(action)](one, other)
    raise ValueError


def _by_value(change: PartChange) -> tuple[int, str]:
    numbers = [int(value) for value in (change.before, change.after) if value.isdecimal()]
    return max(numbers, default=1 << 62), change.name
