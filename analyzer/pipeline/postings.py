"""Which names a file is found under.

Keys are 32-bit hashes of (role, name); a look-up may give a file too many, never one too few.
"""

import posixpath
import re
import zlib
from collections.abc import Iterator

from analyzer.io.postings import pack_keys
from analyzer.model.facts import FileFacts
from analyzer.resolve.fillers import plain_struct
from analyzer.resolve.index import NameKind
from analyzer.resolve.tokens import KEYWORDS, last_member

_WORD = re.compile(r"[A-Za-z_]\w*")
_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
_ASSOCIATED = re.compile(r":\s*([A-Za-z_]\w*)\s*[,)]")  # `_Generic(x, type: f, default: g)(…)`
_FILLED = re.compile(r"(?:\.|->)\s*([A-Za-z_]\w*)\s*=(?!=)")
_USE = re.compile(r"^([A-Za-z_]\w*)\s*\(")
_NUMBERS = re.compile(r"^[A-Z0-9_]+$")


def key_of(kind: NameKind, name: str) -> int:
    """The posting key of a name in a role."""
    return zlib.crc32(name.encode(), zlib.crc32(kind.encode()))


def names_of(facts: FileFacts) -> Iterator[tuple[NameKind, str]]:
    """Every (role, name) of a file, repetitions included."""
    for definition in facts.definitions:
        if definition.head:
            for word in _WORD.findall(definition.head):
                yield "argument", word
        else:
            yield "function", definition.name
        for call in definition.calls:
            yield "call", call.name
        for indirect in definition.indirect:
            if called := last_member(indirect.callee):
                yield "dispatch", called
        for assignment in definition.assignments:
            if stored := last_member(assignment.left):
                yield "store", stored
            elif (name := assignment.left.split("[")[0].strip()).isidentifier():
                yield "store", name
        for name, _ in definition.references:
            yield "reference", name
    for declaration in facts.declarations:
        yield "declaration", declaration.name
    for macro in facts.macros:
        yield "macro", macro.name
        if "(" in macro.body:
            for word in _CALLED.findall(macro.body):
                if word not in KEYWORDS:
                    yield "expanded", word
            if "_Generic" in macro.body:
                for word in _ASSOCIATED.findall(macro.body):
                    yield "expanded", word
        if "=" in macro.body and ("." in macro.body or "->" in macro.body):
            for word in _FILLED.findall(macro.body):
                yield "filler", word
    for record in facts.records:
        yield "record", record.tag.split("::")[0] if not record.tag.startswith("::") else record.tag
    for typedef in facts.typedefs:
        yield "typedef", typedef.name
    for enum in facts.enums:
        if enum.tag:
            yield "record", enum.tag
        for constant in enum.constants:
            yield "enumerator", constant.name
    for variable in facts.objects:
        if variable.name and not variable.function:
            yield "object", variable.name
        if match := _USE.match(variable.value):
            yield "use", match.group(1)
            for word in _WORD.findall(variable.value):
                yield "argument", word
                yield "reference", word
        struct = plain_struct(variable.type)
        for entry in variable.entries:
            if match := _USE.match(entry.value):
                yield "use", match.group(1)
                for word in _WORD.findall(entry.value):
                    yield "argument", word
            elif _NUMBERS.match(entry.value):
                yield "use", entry.value
            member = re.search(r"\.(\w+)(?:\[[^\]]*\]|#\d+)*$", entry.path)
            if member is None:
                yield "slot", f"{struct or '?'}.#"
                for word in _WORD.findall(entry.value):
                    yield "reference", word
                continue
            plain = struct and re.match(r"^(?:\[[^\]]*\]|#\d+)*\.\w+$", entry.path)
            yield "slot", f"{struct if plain else '?'}.{member.group(1)}"
            for word in _WORD.findall(entry.value):
                yield "reference", word
    for use in facts.invocations:
        yield "use", use.macro
        for word in _WORD.findall(use.arguments):
            yield "argument", word
        if use.tail:
            for word in _FILLED.findall(use.tail):
                yield "slot", f"?.{word}"
            for word in _WORD.findall(use.tail):
                yield "reference", word
    for include in facts.includes:
        if include.quoted or include.target.endswith(".c"):
            yield "includer", posixpath.basename(include.target)


def keys_of(facts: FileFacts) -> bytes:
    """The distinct keys of a file, packed."""
    seeds: dict[str, int] = {}
    crc = zlib.crc32
    keys: set[int] = set()
    for kind, name in set(names_of(facts)):
        seed = seeds.get(kind)
        if seed is None:
            seed = seeds[kind] = crc(kind.encode())
        keys.add(crc(name.encode(), seed))
    return pack_keys(keys)
