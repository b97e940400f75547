"""Length-preserving masking: kernel C in, C that the grammar reads out.

Every function here takes and returns text of the same length with the same line breaks, so that offsets in
the syntax tree are offsets in the file. What is masked but means something (a macro that heads a function,
a loop macro, a cleanup attribute) is returned as a note.

Not handled: macros with unbalanced braces in function bodies.
"""

import re

from analyzer.extract.dialect import Dialect, WordClass
from analyzer.extract.file_scope import mask_file_scope
from analyzer.extract.lexical import blank
from analyzer.extract.notes import Masked, Note
from analyzer.extract.scanning import (
    alternation,
    close_paren,
    fill_keeping_lines,
    opening_paren,
    previous_token,
    skip_space,
)
from analyzer.extract.statement_masks import mask_bare_statements, mask_loops, mask_seeming_types

_NO_WORDS = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte == 0x5F else 0x20 for byte in range(256))
_EACH = re.compile(rb"(?:for_?each|FOR_?EACH)")
_LAST_DIGIT = 0x39
_PARAMETER = re.compile(rb"[(,]\s*(?:void\s*\)|(?:\w+\s+)+\**\s*\w+|\w+\s*\*+\s*\w+)")
_CASE_RANGE = re.compile(rb"(\bcase\b[^;{}?]*?)(\.\.\.[^:;{}]*)(?=:)")
_TYPEOF = re.compile(rb"\b(?:__typeof__|__typeof|typeof|typeof_unqual|__typeof_unqual__)\s*\(")
_SIZED_RECORD = re.compile(rb"sizeof\s*+(\()\s*+struct\s*+\{")
_INFERRED = re.compile(rb"auto\b(?<!\wauto)(?=\s++\w++\s*+=(?!=))")
# 2.6.22 to 5.8 have `#define uninitialized_var(x) x = x`
_UNINITIALIZED = re.compile(rb"\buninitialized_var\((\w+)\)")
_ASM_WORDS = re.compile(rb"\b(?:asm_inline|__volatile)\b")
_GROUP = re.compile(rb"\b(__struct_group|struct_group(?:_attr|_tagged)?)\s*\(")
_GROUP_SKIP = {b"struct_group": 1, b"struct_group_attr": 2, b"struct_group_tagged": 2, b"__struct_group": 3}
_PRIMITIVE = rb"(?:unsigned|signed|long|short|int|char|void|float|double|_Bool)"
# Most arguments are told apart by what follows their first word. A pattern for each character before them, because
# `re` skips to a literal.
_TYPE_ARGUMENTS = tuple(
    re.compile(
        before + rb"\s*+(?=\w++\s*+[\w*]|" + _PRIMITIVE + rb"\b)"
        rb"((?:(?:const|volatile)\s+)*(?:(?:struct|union|enum)\s+\w+|"
        + _PRIMITIVE
        + rb"(?:\s+"
        + _PRIMITIVE
        + rb")*|[A-Za-z_]\w*(?=\s*\*\s*(?:const\s*)?[,)]))"
        rb"(?:\s*(?:\*|\bconst\b|\bvolatile\b))*)(?=\s*[,)])"
    )
    for before in (rb"\(", rb",")
)
_NOT_A_CALLEE = frozenset(
    (
        b"sizeof",
        b"if",
        b"while",
        b"for",
        b"switch",
        b"return",
        b"typeof",
        b"__typeof__",
        b"__alignof__",
        b"alignof",
        b"_Alignof",
        b"__alignof",
        b"offsetof",
        b"_Generic",
        b"__attribute__",
        b"defined",
    )
)


def identifiers_of(text: bytes) -> set[bytes]:
    """The distinct identifiers of a text."""
    return {word for word in set(text.translate(_NO_WORDS).split()) if word[0] > _LAST_DIGIT}


def words_of(
    identifiers: set[bytes], dialect: Dialect, local: dict[bytes, WordClass]
) -> dict[WordClass, list[bytes]]:
    """The dialect's words among a file's identifiers, by class; `local` are those the file defines itself."""
    present: dict[WordClass, list[bytes]] = {}
    known = dialect.words
    for word in (identifiers & known.keys()) | (identifiers & local.keys()):
        present.setdefault(local.get(word) or known[word], []).append(word)
    spelled = b" " + b" ".join(identifiers) + b" "
    for match in _EACH.finditer(spelled):
        word = spelled[spelled.rindex(b" ", 0, match.start()) + 1 : spelled.index(b" ", match.end())]
        if word not in known and word not in local:
            present.setdefault("loop", []).append(word)
    return present


def mask(text: bytes, present: dict[WordClass, list[bytes]]) -> Masked:
    """Make kernel C readable for the grammar."""
    uses: list[Note] = []
    weak: set[int] = set()
    whole = text
    blanks = present.get("blank")
    if blanks:
        if b"__weak" in blanks:
            weak.update(m.start() for m in re.finditer(rb"\b__weak\b", text))
        # `long __unused[3];` is a member of that name
        text = alternation(blanks, rb"\b(?!\s*\[)").sub(lambda m: b" " * len(m.group()), text)
    statics = present.get("static", []) + present.get("inline", [])
    if statics:
        text = alternation(statics).sub(
            lambda m: (
                (b"static" if m.group() in present.get("static", ()) else b"inline").ljust(len(m.group()))
                if len(m.group()) >= 6
                else b" " * len(m.group())
            ),
            text,
        )
    calls = present.get("call")
    if calls:
        text = _mask_attributes(text, calls, uses, weak)
    text = _mask_typeof(text)
    text = _mask_sized_records(text)
    if b"auto" in text:  # C23's `auto x = value;`: to the grammar a storage class without a type
        text = _INFERRED.sub(b"T___", text)
    if b"uninitialized_var(" in text:
        text = _UNINITIALIZED.sub(lambda m: m.group(1).rjust(len(m.group())), text)
    if b"asm_inline" in text or b"__volatile" in text:
        text = _ASM_WORDS.sub(lambda m: b"asm       " if m.group() == b"asm_inline" else b"volatile  ", text)
    if b"..." in text:
        text = _CASE_RANGE.sub(lambda m: m.group(1) + blank(m.group(2)), text)
    if b"struct_group" in text:
        text = _mask_groups(text)
    text = mask_loops(text, present.get("loop", []), uses)
    text = mask_bare_statements(text, uses)
    text = mask_seeming_types(text)
    text, heads, invocations = mask_file_scope(text, whole)
    text = _mask_type_arguments(text)
    return Masked(text, tuple(uses), tuple(heads), tuple(invocations), frozenset(weak))


def _mask_attributes(text: bytes, names: list[bytes], uses: list[Note], weak: set[int]) -> bytes:
    out = bytearray(text)
    at = 0
    noted = len(uses)
    pattern = alternation(names, rb"\s*\(")
    while match := pattern.search(text, at):
        end = close_paren(text, match.end() - 1, 20_000)
        if end < 0:
            at = match.end()
            continue
        whole = text[match.start() : end]
        name = whole.split(b"(")[0].strip()
        if text[(brace := skip_space(text, end)) : brace + 1] == b"{" and _is_head(text, match.start(), whole):
            del uses[noted:]
            others = [n for n in names if n != name]  # the file has a function of that name
            return _mask_attributes(text, others, uses, weak) if others else text
        if name in (b"__free", b"__cleanup") or b"cleanup" in whole:
            uses.append(Note(name.decode(), match.start(), end))
        if name == b"__attribute__" and b"weak" in whole:
            weak.add(match.start())
        out[match.start() : end] = blank(whole)
        at = end
    return bytes(out)


def _is_head(text: bytes, start: int, use: bytes) -> bool:
    """Whether what looks like an attribute with arguments is the head of a function of that name."""
    if use.startswith((b"__attribute", b"__declspec")):
        return False
    previous = previous_token(text, start)
    return (previous == b"*" or previous[:1].isalpha() or previous[:1] == b"_") and bool(_PARAMETER.search(use))


def _mask_typeof(text: bytes) -> bytes:
    if b"typeof" not in text:
        return text
    out = bytearray(text)
    at = 0
    while match := _TYPEOF.search(text, at):
        end = close_paren(text, match.end() - 1, 5_000)
        if end < 0:
            at = match.end()
            continue
        out[match.start() : end] = fill_keeping_lines(text[match.start() : end])
        at = end
    return bytes(out)


def _mask_sized_records(text: bytes) -> bytes:
    """`sizeof(struct { _Static_assert(a, "b"); })`, how an expression asserts something: the grammar knows no
    assertion there."""
    out: bytearray | None = None
    for match in _SIZED_RECORD.finditer(text):
        inside, end = match.end(1), close_paren(text, match.start(1), 5_000) - 1
        if end > inside and b"_Static_assert" in text[inside:end]:
            out = out or bytearray(text)
            out[inside:end] = fill_keeping_lines(text[inside:end])
    return text if out is None else bytes(out)


def _mask_groups(text: bytes) -> bytes:
    """`struct_group(tag, members);` becomes its members."""
    out = bytearray(text)
    for match in _GROUP.finditer(text):
        opening = match.end() - 1
        end = close_paren(text, opening)
        if end < 0:
            continue
        semicolon = text.find(b";", opening, end)
        comma = text.rfind(b",", opening, semicolon) if semicolon > 0 else -1
        # a function pointer's own commas: the members begin after the last comma outside parentheses
        depth, start = 0, -1
        skip = _GROUP_SKIP[match.group(1)]
        for piece in re.finditer(rb"[(),]", text[opening:end]):
            char = piece.group()
            if char == b"(":
                depth += 1
            elif char == b")":
                depth -= 1
            elif depth == 1:
                skip -= 1
                if skip == 0:
                    start = opening + piece.end()
                    break
        if start < 0 or comma < 0:
            continue
        out[match.start() : start] = blank(text[match.start() : start])
        out[end - 1 : end] = b" "
        if match.group(1) == b"struct_group_tagged":
            tag = text[opening + 1 : end].split(b",", 1)[0].strip()
            out[match.start() : match.start() + 8 + len(tag)] = b"struct " + tag + b"{"
            out[end - 1 : end] = b"}"
        else:  # the grammar knows no empty members
            after = skip_space(text, end)
            out[after : after + 1] = b" " if text[after : after + 1] == b";" else text[after : after + 1]
    return bytes(out)


def _mask_type_arguments(text: bytes) -> bytes:
    """`container_of(p, struct t, m)`: the type becomes an identifier of the same length."""
    out: bytearray | None = None
    spans = sorted(match.span(1) for pattern in _TYPE_ARGUMENTS for match in pattern.finditer(text))
    for start, end in spans:
        opening = opening_paren(text, start)
        if opening < 0:
            continue
        head = previous_token(text, opening)
        if not head or not (head[:1].isalpha() or head[:1] == b"_") or head in _NOT_A_CALLEE:
            continue
        before_at = text.rfind(head, 0, opening)
        before = previous_token(text, before_at)
        if before == b"*":
            stars = text[:before_at].rstrip().rstrip(b"*").rstrip()[-40:]
            word = re.search(rb"\w+$", stars)
            if word and word.group() != b"return":
                continue
        elif (
            (before[:1].isalnum() or before[:1] == b"_")
            and before
            not in (
                b"return",
                b"else",
                b"do",
                b"case",
            )
        ) or (before == b")" and text[opening - len(head) - 1 : opening].startswith(b")")):
            continue
        if out is None:
            out = bytearray(text)
        out[start:end] = fill_keeping_lines(text[start:end])
    return text if out is None else bytes(out)
