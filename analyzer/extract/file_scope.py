"""Macro uses at file scope: heads of bodies, objects, everything else that only an expansion explains.

Not handled: uses that do not begin at the margin.
"""

import re

from analyzer.extract.lexical import blank
from analyzer.extract.notes import Head, TopInvocation
from analyzer.extract.scanning import (
    KEYWORDS,
    close_brace,
    close_paren,
    fill_keeping_lines,
    previous_token,
    skip_initializer,
    skip_space,
)

# patterns of what begins at the margin begin with the line break before it, which is what is fast to find
_ANNOTATED = re.compile(rb"\n[a-z_]\w*+[ \t]++[A-Z_][A-Z_0-9]++[ \t]*+\(")
_ITEM_TOKEN = re.compile(rb"\w+|[^\s\w]")
_TYPED_HEAD = re.compile(rb"[ \t]*[A-Za-z_]\w*[ \t]*\(")
_PRIMITIVE_WORD = re.compile(rb"(?:T_+|unsigned|signed|long|short|int|char|void|float|double|_Bool)")
_TOP_INVOCATION = re.compile(
    rb"\n((?:(?:static|const|extern|inline|__inline|volatile)\s++)*)([A-Za-z_]\w*+)[ \t]*+\("
)
_FOLLOWER = re.compile(rb"[ \t]*(?:\n[ \t]+)?([A-Z_]*[A-Z][A-Z_0-9]*)[ \t]*\(")
_LONE_WORD = re.compile(rb"\n([A-Za-z_]\w*+)[ \t]*+(?![^\n])")
_LONE_WORDS = re.compile(rb"(?:\s*+[A-Za-z_]\w*+[ \t]*+(?=\n))*")
_USE = re.compile(rb"\s*+([A-Za-z_]\w*+)\s*+\(")
_MARGIN_WORD = re.compile(rb"\n\w")
_BLANKED_INVOCATION = re.compile(_TOP_INVOCATION.pattern.replace(rb"\n(", rb"\n([ \t]+", 1))


def mask_file_scope(text: bytes, whole: bytes) -> tuple[bytes, list[Head], list[TopInvocation]]:
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
        start, name_start = match.start(), match.start(2) - 1  # the match is one of `text` behind a line break
        name = match.group(2)
        if start < done or name in KEYWORDS or _PRIMITIVE_WORD.fullmatch(name):
            continue
        prefix = match.group(1)
        previous = previous_token(out, start)
        if previous not in (b"", b";", b"}", b")"):
            continue
        if previous == b")" and not prefix.strip() and not _is_own_line(out, start):
            continue
        opening = match.end() - 2
        close = close_paren(text, opening)
        if close < 0:
            continue
        if previous == b")":
            continue  # parameters or attributes of something begun before
        rest_at = skip_space(text, close)
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
            brace = skip_space(text, second) if second > 0 else 0
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
            brace = skip_initializer(text, rest_at + 1)
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
        if following == b"," and previous:
            continue  # with nothing but such uses before it, an item of a list that others include
        typed = _TYPED_HEAD.match(text, close)
        if typed and (end := close_paren(text, typed.end() - 1)) > 0:
            brace = skip_space(text, end)
            if text[brace : brace + 1] == b"{":  # `__apicdebuginit(void) f(int a) {`: it stands for a type
                out[name_start:close] = fill_keeping_lines(text[name_start:close])
                done = close
                continue
        stop = rest_at + 1 if following in (b";", b",") else close
        invocations.append(
            TopInvocation(name.decode(), name_start, opening, close, stop, prefix.decode(), close, close)
        )
        stop = _followers(text, stop, invocations) if stop == close else stop
        out[start:stop] = blank(text[start:stop])
        done = stop
    masked = bytes(out)
    return masked, heads, _joined(masked, invocations) if b"_BEGIN" in text else invocations


def _joined(masked: bytes, invocations: list[TopInvocation]) -> list[TopInvocation]:
    """Uses of which the first opens a brace that the last one closes as one use, the others behind it as its tail:
    `IRQCHIP_PLATFORM_DRIVER_BEGIN(x) IRQCHIP_MATCH(…) IRQCHIP_PLATFORM_DRIVER_END(x)`."""
    found: list[TopInvocation] = []
    pending = sorted(invocations, key=lambda use: use.start)
    while pending:
        use = pending.pop(0)
        stem, _, last = use.name.rpartition("_")
        ends = [n for n, other in enumerate(pending) if other.name == f"{stem}_END"] if last == "BEGIN" else []
        if ends and not masked[use.start : pending[ends[0]].stop].strip():  # nothing but uses, which are blank now
            end = pending[ends[0]]
            use = use._replace(stop=end.stop, tail_start=use.close, tail_end=end.close)
            del pending[: ends[0] + 1]
        found.append(use)
    return found


def _followers(text: bytes, at: int, invocations: list[TopInvocation]) -> int:
    """The end of the uses that stand behind another one: `PAGEFLAG(Dirty, dirty) TESTSCFLAG(Dirty, dirty)`. Names
    in capitals only: `X(a) f(int);` declares a function."""
    while match := _FOLLOWER.match(text, at):
        close = close_paren(text, match.end() - 1)
        behind = text[close : close + 1]
        rest = skip_space(text, close)
        if close < 0 or text[rest : rest + 1] in (b"{", b"=", b"(", b"[", b",") or behind not in b" \t\n;":
            break
        at = close + 1 if behind == b";" else close
        name, start = match.group(1).decode(), match.start(1)
        invocations.append(TopInvocation(name, start, match.end() - 1, close, at, "", close, close))
        if behind == b";":
            break
    return at


def _invocations(text: bytes, whole: bytes) -> list[re.Match[bytes]]:
    """What may be macro uses at the margin, in order, found in the text with a line break before it; an annotation
    before them is blank in `text` by now."""
    lines = b"\n" + text
    found = list(_TOP_INVOCATION.finditer(lines))
    if _ANNOTATED.search(b"\n" + whole):
        margins = (margin.start() for margin in _MARGIN_WORD.finditer(b"\n" + whole))
        blanked = (_BLANKED_INVOCATION.match(lines, margin) for margin in margins)
        found = sorted((*found, *filter(None, blanked)), key=lambda m: m.start())
    return found


def _object_end(text: bytes, at: int) -> int:
    """Where designated items that follow a macro use end, or -1: after the `}` of `{ .a = b, }`, or, when
    the macro itself opens the list, after the word that closes it."""
    if text[at : at + 1] == b"{":
        first = skip_space(text, at + 1)
        return close_brace(text, at) if text[first : first + 1] == b"." else -1
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


def _mask_lone_words(text: bytes, invocations: list[TopInvocation]) -> bytes:
    """`SOME_LIST` alone on a line at file scope stands for declarations, and so does `some_list` above a use in
    capitals that is no function's head."""
    out: bytearray | None = None
    last = -1  # where the lone words end that stand below each other
    called: re.Match[bytes] | None = None  # the use behind these
    for match in _LONE_WORD.finditer(b"\n" + text):
        start, end = match.start(), match.end(1) - 1
        previous = previous_token(
            text if out is None else bytes(out[max(0, start - 400) : start]),
            start if out is None else min(start, 400),
        )
        if previous not in (b"", b";", b"}", b")"):
            continue
        lowercase = match.group(1).islower()
        if lowercase and (b"_" not in match.group(1) or match.group(1)[:1] == b"_"):
            continue  # `static`, `__init`
        rest = skip_space(text, end)
        if text[rest : rest + 1] in (b"=", b",", b"(", b"*", b"[", b")"):
            continue
        if end > last and (words := _LONE_WORDS.match(text, end)):
            last = words.end()
            called = _USE.match(text, last)
        if called and called.group(1).islower():
            continue  # a return type on a line of its own
        if lowercase and not (called and called.group(1).isupper() and _is_use(text, called)):
            continue
        if out is None:
            out = bytearray(text)
        out[start:end] = blank(text[start:end])
        invocations.append(TopInvocation(match.group(1).decode(), start, end - 1, end + 1, end, "", end, end))
    return text if out is None else bytes(out)


def _is_use(text: bytes, use: re.Match[bytes]) -> bool:
    """Whether a macro's use has no body."""
    close = close_paren(text, use.end() - 1)
    rest = skip_space(text, close)
    return close > 0 and text[rest : rest + 1] not in (b"{", b"(")
