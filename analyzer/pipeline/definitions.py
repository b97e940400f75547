"""What is known of a name: definitions out of the index, with their text read again from the source.

Not handled: layouts (offsets and sizes of members), and definitions that a macro makes as a whole, of which only
the facts are known.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from analyzer.extract.comments import comment_above, frameless
from analyzer.extract.dialect import Dialect, WordClass
from analyzer.extract.layouts import read_members, read_values
from analyzer.extract.view import local_dialect
from analyzer.model.facts import Enum, Facts, Object, Record
from analyzer.model.shown import (
    Member,
    Shown,
    ShownBuild,
    ShownConstant,
    ShownConstants,
    ShownEntry,
    ShownEnum,
    ShownField,
    ShownFunction,
    ShownMacro,
    ShownObject,
    ShownRecord,
    ShownTypedef,
)
from analyzer.pipeline.constants import evaluate, numbered
from analyzer.resolve.functions import Function
from analyzer.resolve.index import NameKind
from analyzer.resolve.resolver import Resolver, described

_TAGGED = re.compile(r"^(struct|union|enum|typedef)\s+(\w+)$")
_SHORTHAND = re.compile(r"([A-Za-z_]\w*)(?:\.\w+)+$")
_ALIAS = re.compile(r"^\(*([A-Za-z_]\w*)\)*$")
_DOC_MEMBER = re.compile(r"^@([\w.]+):\s*(.*)$")
_FEW = 6  # a header with less than this part of the largest family has none of its own
_MAX_FAMILIES = 4
_LOOKED_INTO = 8  # files that may define a constant
# where most readers look for a name that several places define
_PLACES = ("include/linux/", "include/net/", "include/", "kernel/", "net/", "fs/", "mm/", "arch/", "drivers/")


class Definitions:
    """Definitions of one version; `dialect` is asked for when the first text is read."""

    def __init__(self, resolver: Resolver, dialect: Callable[[], Dialect]) -> None:
        self._resolver = resolver
        self._make_dialect = dialect
        self._dialect: Dialect | None = None
        self._local: dict[str, Mapping[bytes, WordClass]] = {}
        self._values: dict[tuple[str, str], str | None] = {}

    def shown(self, name: str) -> list[Shown]:
        """Everything of that name in the analysed architecture's files, by kind and place. `AF_*` asks for a
        family of constants, `struct sock` for a struct alone."""
        name = " ".join(name.split())
        if name.endswith("*"):
            return list(self._families(name))
        match = _TAGGED.match(name)
        wanted, name = (match.group(1), match.group(2)) if match else ("", name)
        found: list[Shown] = []
        if not wanted:
            found += [self._function(f) for f in self._resolver.named(name)]
        if wanted in ("", "struct", "union", "enum", "typedef"):
            found += self._tagged(name, wanted)
        if wanted in ("", "typedef"):
            found += [
                ShownTypedef(name, t.type, path, t.line, t.guard)
                for path, facts in self._files("typedef", name)
                for t in facts.typedefs
                if t.name == name
            ]
        if not wanted:
            found += self._plain(name)
        if not wanted and not found:  # defined by the linker or in assembler
            declared = list(self.objects(name, defined=False))[:1]
            found += [msgspec.structs.replace(d, type=f"extern {d.type}") for d in declared]
        return found

    def objects(self, name: str, *, defined: bool = True) -> Iterator[ShownObject]:
        """The variables of a name: where they are defined, or where they are only declared."""
        for path, facts in self._files("object", name):
            for variable in facts.objects:
                if variable.name == name and variable.defined is defined and not variable.function:
                    yield self._object(path, variable)

    def records(self, name: str) -> Iterator[ShownRecord]:
        """The structs and unions of a name."""
        for path, facts in self._files("record", name):
            for record in facts.records:
                if record.tag == name:
                    yield self._record(path, record, facts)

    def constant(self, name: str) -> ShownEnum | ShownConstant | None:
        """The enum that has a constant, or the `#define` that is a number; None for any other name."""
        for path, facts in self._files("enumerator", name):
            for enum in facts.enums:
                if any(c.name == name for c in enum.constants):
                    return self._enum(path, enum)
        for path, facts in self._files("macro", name):
            for macro in facts.macros:
                if macro.name == name and macro.parameters is None:
                    found = self._constants(path, name).get(name)
                    if found is not None and found.number is not None:
                        return found
        return None

    def family_of(self, name: str) -> ShownConstants | None:
        """The constants of the same header that share a constant's prefix up to its first `_`."""
        prefix = name.partition("_")[0] + "_"
        for path, facts in self._files("macro", name):
            if any(m.name == name for m in facts.macros):
                known = self._constants(path, prefix)
                if len(known) > 1:
                    return ShownConstants(f"{prefix}*", tuple(sorted(known.values(), key=_by_value)))
        return None

    def _function(self, function: Function) -> ShownFunction:
        known = described(function)
        comment = comment_above(self._text(known.ref.file), known.ref.line)
        return ShownFunction(known, comment.summary if comment else "", self._build(known.ref.file))

    def _build(self, path: str) -> ShownBuild | None:
        """How a file gets into the kernel."""
        kbuild = self._resolver.scopes.kbuild
        ways = kbuild.ways(path)
        if not ways:
            return None
        images = {unit if image == "module" else image for image, unit in kbuild.built(path).images}
        steps = dict.fromkeys(f"{step.file}:{step.line}: {step.text}" for way in ways for step in way.steps)
        return ShownBuild(kbuild.guard(path), tuple(sorted(images)), tuple(steps))

    def _tagged(self, name: str, wanted: str) -> Iterator[Shown]:
        for path, facts in self._files("record", name):
            for record in facts.records:
                if record.tag == name and wanted in ("", "typedef", record.kind):
                    yield self._record(path, record, facts)
            for enum in facts.enums:
                if enum.tag == name and wanted in ("", "typedef", "enum"):
                    yield self._enum(path, enum)

    def _plain(self, name: str) -> Iterator[Shown]:
        for path, facts in self._files("macro", name):
            for macro in facts.macros:
                if macro.name == name:
                    yield ShownMacro(name, macro.parameters, macro.body, path, macro.line, macro.guard)
        for path, facts in self._files("enumerator", name):
            for enum in facts.enums:
                numbers = numbered(enum, functools.partial(self._value, path))
                for constant in enum.constants:
                    if constant.name == name:
                        number = numbers.get(name)
                        shown = ShownConstant(name, constant.value, path, constant.line, number)
                        yield ShownConstants(name, (shown,))
        yield from self.objects(name)

    def _files(self, kind: NameKind, name: str) -> Iterator[tuple[str, Facts]]:
        paths = [p for p in self._resolver.index.files(kind, name) if not self._resolver.scopes.foreign(p)]
        for path in sorted(paths, key=lambda p: (_rank(p), p)):
            yield path, self._resolver.index.facts(path)

    def _text(self, path: str) -> bytes:
        return self._resolver.index.text(path)

    def _words(self, path: str) -> tuple[Dialect, Mapping[bytes, WordClass]]:
        if self._dialect is None:
            self._dialect = self._make_dialect()
        local = self._local.get(path)
        if local is None:
            local = self._local[path] = local_dialect(self._text(path))
        return self._dialect, local

    def _members(self, path: str, line: int) -> tuple[Member, ...]:
        dialect, local = self._words(path)
        members = read_members(self._text(path), line, dialect=dialect, local=local)
        above = comment_above(self._text(path), line)
        return _with_docs(members, _documented(above.text)) if above else members

    def _summary(self, path: str, line: int) -> str:
        above = comment_above(self._text(path), line)
        return above.summary if above else ""

    def _record(self, path: str, record: Record, facts: Facts) -> ShownRecord:
        """A record with the members of its untagged inner structs in place, dotted, and as written."""
        members = self._members(path, record.line)
        if not {f.name for f in record.fields} <= set(_names(members)):
            members = ()  # a macro makes some of them
        if members:
            members = _with_shorthands(members, record, facts)
        return msgspec.structs.replace(
            record_of(path, record, facts), members=members, comment=self._summary(path, record.line)
        )

    def _enum(self, path: str, enum: Enum) -> ShownEnum:
        numbers = numbered(enum, functools.partial(self._value, path))
        comments = {m.name: m.comment for m in self._members(path, enum.line)}
        constants = tuple(
            ShownConstant(c.name, c.value, path, c.line, numbers.get(c.name), comment=comments.get(c.name, ""))
            for c in enum.constants
        )
        summary = self._summary(path, enum.line)
        return ShownEnum(enum.tag, path, enum.line, enum.end_line, constants, enum.guard, summary)

    def _object(self, path: str, variable: Object) -> ShownObject:
        dialect, local = self._words(path)
        values = read_values(self._text(path), variable.line, dialect=dialect, local=local)
        return msgspec.structs.replace(
            object_of(path, variable),
            values=values if variable.entries else (),
            comment=self._summary(path, variable.line),
        )

    def _value(self, path: str, name: str) -> str | None:
        """The text that a constant stands for, in a file or in those that define it."""
        key = (path, name)
        if key not in self._values:
            self._values[key] = None  # against circles
            self._values[key] = self._value_in(path, name) or self._value_elsewhere(name)
        return self._values[key]

    def _value_in(self, path: str, name: str) -> str | None:
        facts = self._resolver.index.facts(path)
        for macro in facts.macros:
            if macro.name == name and macro.parameters is None and macro.body not in ("", name):
                return macro.body
        for enum in facts.enums:
            if any(c.name == name for c in enum.constants):
                number = numbered(enum, functools.partial(self._value, path)).get(name)
                return None if number is None else str(number)
        return None

    def _value_elsewhere(self, name: str) -> str | None:
        for kind in ("macro", "enumerator"):
            paths = self._resolver.index.files(kind, name)
            native = sorted(
                (p for p in paths if not self._resolver.scopes.foreign(p)), key=lambda p: (_rank(p), p)
            )
            for path in native[:_LOOKED_INTO]:
                found = self._value_in(path, name)
                if found is not None:
                    return found
        return None

    def _families(self, name: str) -> Iterator[ShownConstants]:
        """The constants with a prefix, header by header, in order of value; other names of a constant follow it.
        The header with most of them comes first, those with few beside it are left out."""
        prefix = name.rstrip("*")
        if not prefix:
            return
        by_file: dict[str, dict[str, ShownConstant]] = {}
        for path in self._resolver.index.paths():
            if not path.startswith(("include/", "arch/")) or self._resolver.scopes.foreign(path):
                continue
            if prefix.encode() in self._text(path):
                constants = self._constants(path, prefix)
                if constants:
                    by_file[path] = constants
        paths = sorted(by_file, key=lambda p: (-len(by_file[p]), _rank(p), p))
        least = max(2, len(by_file[paths[0]]) // _FEW) if paths else 0
        for path in paths[:1] + [p for p in paths[1:_MAX_FAMILIES] if len(by_file[p]) >= least]:
            yield ShownConstants(name, tuple(sorted(by_file[path].values(), key=_by_value)))

    def _constants(self, path: str, prefix: str) -> dict[str, ShownConstant]:
        facts = self._resolver.index.facts(path)
        found: dict[str, ShownConstant] = {}
        for enum in facts.enums:
            if not any(c.name.startswith(prefix) for c in enum.constants):
                continue
            numbers = numbered(enum, functools.partial(self._value, path))
            comments = {m.name: m.comment for m in self._members(path, enum.line)}
            for c in enum.constants:
                if c.name.startswith(prefix):
                    number, comment = numbers.get(c.name), comments.get(c.name, "")
                    found[c.name] = ShownConstant(c.name, c.value, path, c.line, number, comment=comment)
        lines = self._text(path).split(b"\n")
        for macro in facts.macros:
            if not macro.name.startswith(prefix) or macro.parameters is not None or not macro.body:
                continue
            if macro.name in found or macro.body == macro.name:
                continue
            number = evaluate(macro.body, lambda other: self._value(path, other))
            other = _ALIAS.match(macro.body)
            alias = other.group(1) if other and number is not None else ""
            comment = _trailing_comment(lines, macro.line)
            found[macro.name] = ShownConstant(macro.name, macro.body, path, macro.line, number, alias, comment)
        return found


def _by_value(constant: ShownConstant) -> tuple[bool, int, bool, int]:
    return constant.number is None, constant.number or 0, bool(constant.alias), constant.line


def _names(members: tuple[Member, ...]) -> Iterator[str]:
    """The names of members, those of anonymous structs inside included."""
    for member in members:
        yield from member.name.split(", ")
        yield from _names(member.members)


def _rank(path: str) -> int:
    return next((at for at, place in enumerate(_PLACES) if path.startswith(place)), len(_PLACES))


def record_of(path: str, record: Record, facts: Facts) -> ShownRecord:
    """What the facts say of a record, with the members of its untagged inner structs in place, dotted."""
    inner = {r.tag: r for r in facts.records if r.tag.startswith(f"{record.tag}::")}
    fields: list[ShownField] = []

    def add(owner: Record, prefix: str) -> None:
        for field in owner.fields:
            fields.append(ShownField(prefix + field.name, field.type, field.line, field.guard))
            nested = inner.get(f"{owner.tag}::{field.name}")
            if nested is not None:
                add(nested, f"{prefix}{field.name}.")

    add(record, "")
    return ShownRecord(record.tag, record.kind, path, record.line, record.end_line, tuple(fields), record.guard)


def object_of(path: str, variable: Object) -> ShownObject:
    """What the facts say of a variable, with the entries of its initializer."""
    entries = tuple(ShownEntry(_dotted(e.path), e.value, e.line, e.guard) for e in variable.entries)
    return ShownObject(
        variable.name, variable.type, variable.static, path, variable.line, variable.value, entries, variable.guard
    )


def _dotted(path: str) -> str:
    return re.sub(r"#(\d+)", r"[\1]", path).lstrip(".")


def _with_shorthands(members: tuple[Member, ...], record: Record, facts: Facts) -> tuple[Member, ...]:
    """The members and, in their places, the `#define`s among them that name a member's member
    (`#define sk_family __sk_common.skc_family`)."""
    known = set(_names(members))
    more = tuple(
        Member(m.name, f"#define {m.name} {m.body}", m.line, keyword="#define", type=m.body)
        for m in facts.macros
        if record.line < m.line < record.end_line
        and m.parameters is None
        and (path := _SHORTHAND.match(m.body))
        and path.group(1) in known
    )
    return tuple(sorted((*members, *more), key=lambda member: member.line)) if more else members


def _documented(text: str) -> dict[str, str]:
    """What a kernel-doc comment says of members, by name."""
    found: dict[str, str] = {}
    name = ""
    for row in text.split("\n"):
        match = _DOC_MEMBER.match(row.strip())
        if match:
            name = match.group(1).rpartition(".")[2]
            found[name] = match.group(2)
        elif not row.strip():
            name = ""
        elif name:
            found[name] = f"{found[name]} {row.strip()}"
    return found


def _with_docs(members: tuple[Member, ...], docs: Mapping[str, str]) -> tuple[Member, ...]:
    if not docs:
        return members
    return tuple(
        msgspec.structs.replace(
            member,
            comment=member.comment or docs.get(member.name, ""),
            members=_with_docs(member.members, docs),
        )
        for member in members
    )


def _trailing_comment(lines: list[bytes], line: int) -> str:
    """The comment at the end of a line, which may go on below it."""
    if not 1 <= line <= len(lines):
        return ""
    match = re.search(rb"/\*(?:(?!\*/).)*(?:\*/)?\s*$|//.*$", lines[line - 1])
    if match is None:
        return ""
    text = match.group()
    while text.startswith(b"/*") and b"*/" not in text and line < len(lines):
        text += b"\n" + lines[line]
        line += 1
    return frameless(text.partition(b"*/")[0] + b"*/" if text.startswith(b"/*") else text)
