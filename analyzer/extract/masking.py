"""Length-preserving masking: kernel C in, C that the grammar reads out.

Every function here takes and returns text of the same length with the same line breaks, so that offsets in
the syntax tree are offsets in the file. What is masked but means something (a macro that heads a function,
a loop macro, a cleanup attribute) is returned as a note.

Not handled: macros with unbalanced braces in function bodies.
"""

import re
from typing import NamedTuple

from analyzer.extract.dialect import LOOP_NAME, Dialect, WordClass
from analyzer.extract.lexical import blank

_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*")
_PARENS = re.compile(rb"[()]")
_ANNOTATED = re.compile(rb"^[a-z_]\w*[ \t]+[A-Z_][A-Z_0-9]+[ \t]*\(", re.M)
_WORD = re.compile(rb"\w+")
_ITEM_TOKEN = re.compile(rb"\w+|[^\s\w]")
_PARAMETER = re.compile(rb"[(,]\s*(?:void\s*\)|(?:\w+\s+)+\**\s*\w+|\w+\s*\*+\s*\w+)")
_TYPED_HEAD = re.compile(rb"[ \t]*[A-Za-z_]\w*[ \t]*\(")
_BRACES = re.compile(rb"[{}]")
_BRACKETS = re.compile(rb"[{}();]")
_CASE_RANGE = re.compile(rb"(\bcase\b[^;{}?]*?)(\.\.\.[^:;{}]*)(?=:)")
_TYPEOF = re.compile(rb"\b(?:__typeof__|__typeof|typeof|typeof_unqual|__typeof_unqual__)\s*\(")
_ASM_WORDS = re.compile(rb"\b(?:asm_inline|__volatile)\b")
_GROUP = re.compile(rb"\b(__struct_group|struct_group(?:_attr|_tagged)?)\s*\(")
_GROUP_SKIP = {b"struct_group": 1, b"struct_group_attr": 2, b"struct_group_tagged": 2, b"__struct_group": 3}
_PRIMITIVE = rb"(?:unsigned|signed|long|short|int|char|void|float|double|_Bool)"
_PRIMITIVE_WORD = re.compile(_PRIMITIVE)
_TYPE_ARGUMENT = re.compile(
    rb"[(,]\s*+((?:(?:const|volatile)\s+)*(?:(?:struct|union|enum)\s+\w+|"
    + _PRIMITIVE
    + rb"(?:\s+"
    + _PRIMITIVE
    + rb")*|[A-Za-z_]\w*(?=\s*\*\s*(?:const\s*)?[,)]))"
    rb"(?:\s*(?:\*|\bconst\b|\bvolatile\b))*)(?=\s*[,)])"
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
_TOP_INVOCATION = re.compile(
    rb"^((?:(?:static|const|extern|inline|__inline|volatile)\s+)*)([A-Za-z_]\w*)[ \t]*\(", re.M
)
_BARE_STATEMENT = re.compile(rb"^[ \t]++(?:\}[ \t]*+)?([A-Za-z_]\w++)[ \t]*+(\([^;{}\n]*\))[ \t]*$", re.M)
_LONE_WORD = re.compile(rb"^([A-Za-z_]\w*)[ \t]*$", re.M)
_BLANKED_INVOCATION = re.compile(_TOP_INVOCATION.pattern.replace(rb"^(", rb"^([ \t]+", 1), re.M)
_KEYWORDS = frozenset(
    (
        b"if",
        b"for",
        b"while",
        b"switch",
        b"return",
        b"sizeof",
        b"asm",
        b"__asm__",
        b"_Static_assert",
        b"static_assert",
        b"typeof",
        b"else",
        b"do",
        b"case",
        b"goto",
    )
)


class Note(NamedTuple):
    """Something masked that is a use of a macro: `end` is after its closing parenthesis."""

    name: str
    start: int
    end: int


class Head(NamedTuple):
    """A function whose head is a macro use; `brace` is the offset of its `{`."""

    name: str
    start: int
    end: int
    brace: int
    prefix: str


class TopInvocation(NamedTuple):
    """A macro use at file scope. `stop` is after its `;` or its last byte."""

    name: str
    start: int
    open: int
    close: int
    stop: int
    prefix: str
    tail_start: int
    tail_end: int


class Masked(NamedTuple):
    """Text to parse, and what the masking hid."""

    text: bytes
    uses: tuple[Note, ...]
    heads: tuple[Head, ...]
    invocations: tuple[TopInvocation, ...]
    aliases: tuple[str, ...]
    weak: frozenset[int]


def close_paren(text: bytes, opening: int, limit: int = 200_000) -> int:
    """Offset after the parenthesis that closes the one at `opening`, or -1."""
    depth = 0
    for match in _PARENS.finditer(text, opening, min(len(text), opening + limit)):
        if match.group() == b"(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return match.end()
    return -1


def _filler(length: int) -> bytes:
    """An identifier of that length."""
    return b"T" + b"_" * (length - 1)


def _fill_keeping_lines(text: bytes) -> bytes:
    """The first line's worth as an identifier, the rest blanked."""
    line = text.partition(b"\n")[0].rstrip()
    return _filler(max(1, len(line))) + blank(text[max(1, len(line)) :]) if text else text


_ALTERNATIONS: dict[tuple[bytes, ...], re.Pattern[bytes]] = {}


def _alternation(words: list[bytes], tail: bytes = rb"\b") -> re.Pattern[bytes]:
    key = (tail, *sorted(words))
    pattern = _ALTERNATIONS.get(key)
    if pattern is None:
        if len(_ALTERNATIONS) > 2000:
            _ALTERNATIONS.clear()
        # `opts.noinstr` is a member
        pattern = re.compile(rb"\b(?<!\.)(?<!->)(?:" + b"|".join(key[1:]) + rb")" + tail)
        _ALTERNATIONS[key] = pattern
    return pattern


def words_of(text: bytes, dialect: Dialect, local: dict[bytes, WordClass]) -> dict[WordClass, list[bytes]]:
    """The dialect's words that occur in a file, by class; `local` are those the file defines itself."""
    present: dict[WordClass, list[bytes]] = {}
    known = dialect.words
    for word in set(_IDENTIFIER.findall(text)):
        kind = local.get(word) or known.get(word)
        if kind is None and b"each" in word.lower() and LOOP_NAME.match(word):
            kind = "loop"
        if kind:
            present.setdefault(kind, []).append(word)
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
        text = _alternation(blanks, rb"\b(?!\s*\[)").sub(lambda m: b" " * len(m.group()), text)
    statics = present.get("static", []) + present.get("inline", [])
    if statics:
        text = _alternation(statics).sub(
            lambda m: (
                (b"static" if m.group() in present.get("static", ()) else b"inline").ljust(len(m.group()))
                if len(m.group()) >= 6
                else b" " * len(m.group())
            ),
            text,
        )
    aliases: list[str] = []
    calls = present.get("call")
    if calls:
        text = _mask_attributes(text, calls, uses, aliases, weak)
    text = _mask_typeof(text)
    if b"asm_inline" in text or b"__volatile" in text:
        text = _ASM_WORDS.sub(lambda m: b"asm       " if m.group() == b"asm_inline" else b"volatile  ", text)
    if b"..." in text:
        text = _CASE_RANGE.sub(lambda m: m.group(1) + blank(m.group(2)), text)
    if b"struct_group" in text:
        text = _mask_groups(text)
    text = _mask_loops(text, present.get("loop", []), uses)
    text = _mask_bare_statements(text, uses)
    text, heads, invocations = _mask_file_scope(text, whole)
    text = _mask_type_arguments(text)
    return Masked(text, tuple(uses), tuple(heads), tuple(invocations), tuple(aliases), frozenset(weak))


def _mask_attributes(
    text: bytes, names: list[bytes], uses: list[Note], aliases: list[str], weak: set[int]
) -> bytes:
    out = bytearray(text)
    at = 0
    noted = len(uses)
    pattern = _alternation(names, rb"\s*\(")
    while match := pattern.search(text, at):
        end = close_paren(text, match.end() - 1, 20_000)
        if end < 0:
            at = match.end()
            continue
        whole = text[match.start() : end]
        name = whole.split(b"(")[0].strip()
        if text[(brace := _skip_space(text, end)) : brace + 1] == b"{" and _is_head(text, match.start(), whole):
            del uses[noted:]
            others = [n for n in names if n != name]  # the file has a function of that name
            return _mask_attributes(text, others, uses, aliases, weak) if others else text
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
    previous = _previous_token(text, start)
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
        out[match.start() : end] = _fill_keeping_lines(text[match.start() : end])
        at = end
    return bytes(out)


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
            after = _skip_space(text, end)
            out[after : after + 1] = b" " if text[after : after + 1] == b";" else text[after : after + 1]
    return bytes(out)


def _mask_loops(text: bytes, names: list[bytes], uses: list[Note]) -> bytes:
    if not names:
        return text
    out = bytearray(text)
    for match in _alternation(names, rb"(?=\s*\()").finditer(text):
        start, end = match.span()
        opening = text.find(b"(", end)
        close = close_paren(text, opening, 5_000)
        if close < 0:
            continue
        after = text[close : close + 80].lstrip()[:1]
        tail = text[max(0, start - 40) : start].rstrip()[-1:]
        name = text[start:end]
        if after in (b",", b")", b"=", b".", b"-") or (after == b";" and tail != b"}" and b"each" not in name):
            continue
        if after == b";" and tail not in (b"}", b")", b";", b"{"):
            continue
        if (
            start > 0
            and text[text.rfind(b"\n", 0, start) + 1 : start].strip()
            and tail not in (b"}", b")", b";", b"{", b":", b"e", b"o")
        ):
            continue  # a declaration or an expression, not a statement
        if text[text.rfind(b"\n", 0, start) + 1 : start] == b"" and (
            after == b"{" or tail in (b"", b"}", b";", b")")
        ):
            continue  # a function definition of that name, or a use at file scope
        keyword = b"while" if len(name) >= 5 else b"if"
        uses.append(Note(name.decode(), start, close))
        out[start:end] = keyword.ljust(len(name))
        if not text[opening + 1 : close - 1].strip() and len(name) > len(keyword) + 1:
            out[opening : opening + 1] = b" "
            out[start + len(keyword) : start + len(keyword) + 2] = b"(1"
    return bytes(out)


def _mask_bare_statements(text: bytes, uses: list[Note]) -> bytes:
    """`endfor_nexthops(fi)` on a line of its own, without semicolon and before another statement: the
    grammar would take both for a declaration and lose the calls."""
    out: bytearray | None = None
    for match in _BARE_STATEMENT.finditer(text):
        name = match.group(1)
        if name in _KEYWORDS or name == b"while" or match.group(2).count(b"(") != match.group(2).count(b")"):
            continue
        following = text[match.end() : match.end() + 200].lstrip()[:1]
        if not (following.isalpha() or following in (b"_", b"*")):
            continue
        start, end = match.span(1)
        head = text[max(0, start - 300) : start].rstrip()
        if head[-1:] == b"{":
            if head[:-1].rstrip()[-1:] in (b"=", b",", b"{", b"(", b"]"):
                continue  # an item of an initializer
        elif head[-1:] not in (b";", b"}"):
            continue
        if out is None:
            out = bytearray(text)
        keyword = b"while" if len(name) >= 5 else b"if"
        if not match.group(2)[1:-1].strip():
            if len(name) < 3:
                continue
            whole = match.end(2) - start
            out[start : match.end(2)] = (b"while(1)" if whole >= 8 else b"if(1)").ljust(whole)
        else:
            out[start:end] = keyword.ljust(len(name))
        uses.append(Note(name.decode(), start, match.end(2)))
    return text if out is None else bytes(out)


def _skip_space(text: bytes, at: int) -> int:
    """Offset of the first byte from `at` that is no white space."""
    while at < len(text) and text[at : at + 1].isspace():
        at += 1
    return at


def _previous_token(text: bytes | bytearray, at: int) -> bytes:
    """The word or character before `at`, looking back over at most 4,000 bytes."""
    for reach in (80, 4_000):
        head = bytes(text[max(0, at - reach) : at]).rstrip()
        if head:
            word = _WORD.match(head[::-1])
            if word is None:
                return head[-1:]
            if word.end() < len(head) or reach >= at:
                return word.group()[::-1]
    return head


def _mask_type_arguments(text: bytes) -> bytes:
    """`container_of(p, struct t, m)`: the type becomes an identifier of the same length."""
    out: bytearray | None = None
    for match in _TYPE_ARGUMENT.finditer(text):
        start, end = match.span(1)
        opening = _opening_paren(text, start)
        if opening < 0:
            continue
        head = _previous_token(text, opening)
        if not head or not (head[:1].isalpha() or head[:1] == b"_") or head in _NOT_A_CALLEE:
            continue
        before_at = text.rfind(head, 0, opening)
        before = _previous_token(text, before_at)
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
        out[start:end] = _fill_keeping_lines(text[start:end])
    return text if out is None else bytes(out)


def _opening_paren(text: bytes, at: int) -> int:
    """The parenthesis that encloses `at`, looking back over at most 4,000 bytes."""
    depth = 0
    floor = max(0, at - 4_000)
    position = at
    while position > floor:
        opening = text.rfind(b"(", floor, position)
        closing = text.rfind(b")", floor, position)
        if opening < 0:
            return -1
        if closing > opening:
            depth += 1
            position = closing
        elif depth:
            depth -= 1
            position = opening
        else:
            return opening
    return -1


def _mask_lone_words(text: bytes, invocations: list[TopInvocation]) -> bytes:
    """`SOME_LIST` alone on a line at file scope stands for declarations."""
    out: bytearray | None = None
    for match in _LONE_WORD.finditer(text):
        start, end = match.span(1)
        previous = _previous_token(
            text if out is None else bytes(out[max(0, start - 400) : start]),
            start if out is None else min(start, 400),
        )
        if previous not in (b"", b";", b"}", b")") or not any(65 <= c <= 90 for c in match.group(1)):
            continue
        following = text[end : end + 400].lstrip()
        if following[:1] in (b"=", b",", b"(", b"*", b"[", b")"):
            continue
        called = re.match(rb"([A-Za-z_]\w*)\s*\(", following)
        if called and called.group(1).islower():
            continue  # a return type on a line of its own
        if out is None:
            out = bytearray(text)
        out[start:end] = blank(text[start:end])
        invocations.append(TopInvocation(match.group(1).decode(), start, end - 1, end + 1, end, "", end, end))
    return text if out is None else bytes(out)


def _mask_file_scope(text: bytes, whole: bytes) -> tuple[bytes, list[Head], list[TopInvocation]]:
    """Macro uses at file scope, which begin at the margin in the `whole` text, before any masking. Heads of
    bodies become a plain head; uses that define an initialized object keep their initializer; all others
    are blanked."""
    heads: list[Head] = []
    invocations: list[TopInvocation] = []
    if b"(" not in text:
        return text, heads, invocations
    text = _mask_lone_words(text, invocations)
    out = bytearray(text)
    done = 0
    for match in _invocations(text, whole):
        start, name_start = match.start(), match.start(2)
        name = match.group(2)
        if start < done or name in _KEYWORDS or _PRIMITIVE_WORD.fullmatch(name):
            continue
        prefix = match.group(1)
        previous = _previous_token(out, start)
        if previous not in (b"", b";", b"}", b")"):
            continue
        if previous == b")" and not prefix.strip() and not _is_own_line(out, start):
            continue
        opening = match.end() - 1
        close = close_paren(text, opening)
        if close < 0:
            continue
        if previous == b")":
            continue  # parameters or attributes of something begun before
        rest_at = _skip_space(text, close)
        following = text[rest_at : rest_at + 1]
        stop = _object_end(text, rest_at) if following in (b"{", b".") else -1
        if stop > 0:  # `define_machine(x) { .name = …, };`, `MACHINE_START(X, "…") .nr = …, MACHINE_END`
            invocations.append(
                TopInvocation(name.decode(), name_start, opening, close, stop, prefix.decode(), rest_at, stop)
            )
            stop = stop + 1 if text[stop : stop + 1] == b";" else stop
            out[start:stop] = blank(text[start:stop])
            done = stop
            continue
        if following == b"(" and name != b"DEFINE_PER_CPU":
            second = close_paren(text, rest_at)
            brace = _skip_space(text, second) if second > 0 else 0
            if second > 0 and text[brace : brace + 1] == b"{":  # old `SYSCALL_DEFINE(x)(args) {`
                heads.append(Head(name.decode(), start, second, brace, prefix.decode()))
                _write_head(out, name_start if b"\n" in prefix else start, second)
                done = second
            continue
        if following == b"{":
            heads.append(Head(name.decode(), start, close, rest_at, prefix.decode()))
            _write_head(out, name_start if b"\n" in prefix else start, close)
            done = close
            continue
        if following == b"=":
            brace = _skip_initializer(text, rest_at + 1)
            invocations.append(
                TopInvocation(
                    name.decode(),
                    name_start,
                    opening,
                    close,
                    brace,
                    prefix.decode(),
                    rest_at,
                    brace,
                )
            )
            stop = brace + 1 if text[brace : brace + 1] == b";" else brace
            out[start:stop] = blank(text[start:stop])
            done = stop
            continue
        if following == b",":
            continue
        typed = _TYPED_HEAD.match(text, close)
        if typed and (end := close_paren(text, typed.end() - 1)) > 0:
            brace = _skip_space(text, end)
            if text[brace : brace + 1] == b"{":  # `__apicdebuginit(void) f(int a) {`: it stands for a type
                out[name_start:close] = _fill_keeping_lines(text[name_start:close])
                done = close
                continue
        stop = rest_at + 1 if following == b";" else close
        invocations.append(
            TopInvocation(name.decode(), name_start, opening, close, stop, prefix.decode(), close, close)
        )
        out[start:stop] = blank(text[start:stop])
        done = stop
    return bytes(out), heads, invocations


def _invocations(text: bytes, whole: bytes) -> list[re.Match[bytes]]:
    """What may be macro uses at the margin, in order; an annotation before them is blank in `text` by now."""
    found = list(_TOP_INVOCATION.finditer(text))
    if _ANNOTATED.search(whole):
        blanked = (m for m in _BLANKED_INVOCATION.finditer(text) if whole[m.start() : m.start() + 1] not in b" \t")
        found = sorted((*found, *blanked), key=lambda m: m.start())
    return found


def _object_end(text: bytes, at: int) -> int:
    """Where designated items that follow a macro use end, or -1: after the `}` of `{ .a = b, }`, or, when
    the macro itself opens the list, after the word that closes it."""
    if text[at : at + 1] == b"{":
        first = _skip_space(text, at + 1)
        return _close_brace(text, at) if text[first : first + 1] == b"." else -1
    depth = 0
    item = True  # at the first token of an item
    for match in _ITEM_TOKEN.finditer(text, at, min(len(text), at + 20_000)):
        char = match.group()
        if char in (b"{", b"(", b"["):
            depth += 1
        elif char in (b"}", b")", b"]"):
            depth -= 1
        elif depth == 0 and char == b";":
            return -1
        elif depth == 0 and (item or text[match.start() - 1 : match.start()] == b"\n") and char[:1] not in b".,[":
            return match.end()
        item = depth == 0 and char == b","
    return -1


def _close_brace(text: bytes, at: int) -> int:
    """Offset after the brace that closes the one at `at`, or -1."""
    depth = 0
    for match in _BRACES.finditer(text, at):
        depth += 1 if match.group() == b"{" else -1
        if depth == 0:
            return match.end()
    return -1


def _is_own_line(out: bytearray, start: int) -> bool:
    return start == 0 or out[start - 1 : start] == b"\n"


def _write_head(out: bytearray, start: int, close: int) -> None:
    """`SYSCALL_DEFINE3(…)` becomes `T ____()` of the same length."""
    whole = bytes(out[start:close])
    opening = whole.index(b"(")
    name = whole[:opening]
    filler = b"T " + b"_" * max(1, len(name) - 2)
    filler = filler[: len(name)] if len(name) >= 3 else b"T" * len(name)
    out[start:close] = filler + b"(" + blank(whole[opening + 1 : -1]) + b")"


def _skip_initializer(text: bytes, at: int) -> int:
    """Offset of the `;` that ends an initializer starting at `at` (or the end of its braces)."""
    depth = 0
    for match in _BRACKETS.finditer(text, at, min(len(text), at + 500_000)):
        char = match.group()
        if char in b"{(":
            depth += 1
        elif char in b"})":
            depth -= 1
            if depth < 0:
                return match.start()
        elif depth == 0:
            return match.start()
    return len(text)
