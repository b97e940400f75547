"""What one line of a tree says: calls, assignments, conditions, what is left out, remarks.

A line gives parts; each names the part of the same line above it (-1 for none), so that a chain
`a -> b -> c` is three parts. Not handled: sentences (they stay prose) and several statements on one line
other than chains, groups and `if (x) f()`.
"""

import re
from dataclasses import dataclass, field, replace

from analyzer.model.checks import ItemKind
from analyzer.notes.scan import KEYWORDS, Postfix, arguments, close, postfix

_WIDE = "\u2e80-\u9fff\uac00-\ud7ff\uff00-\uffef\u3000-\u30ff"
_LABEL = re.compile(r"\[([^\]\n]+)\]\s+(?=[\w(*])")
_ORG_CODE = re.compile(r"~([^~].*?)~(?=\s|$)")
_ORG_LINK = re.compile(r"\[\[[^\]]*\]\[([^\]]*)\]\]")
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]*)\)")
_BOLD = re.compile(r"\*\*(?=[^\s)*])([^*]*(?:\*(?!\*)[^*]*)*)(?<=[^\s(*])\*\*(?![\w)])")
_ELIDED = re.compile(r"(?:\.{2,}|…+|⋮|\. \. \.|\[\.\.\.\]|\(\.\.\.\))")
_LEAD_WORD = re.compile(
    r"(?:(?:then\s+)?(?:calls?|calling|invokes?)\s*[::]?\s+|(?:调用|执行|呼び出し)\s*[::]?\s*)(?=[`A-Za-z_*(])"
)
_ARROW = re.compile(r"(?:,\s\+\d+)?\s*(?:[-─━]{1,}[>►▶→]|=+>|[→⟶➜⇒↦➔]|(?<=\s)>{1,2}(?=\s))\s*")
_ASSIGN = re.compile(r"\s*(?:[-+*/|&^%]|<<|>>)?=(?![=>])\s*")
_STEP = re.compile(r"(\+\+|--)(?=\s*(?:$|;|,|//|/\*|#)|\s{2,})")
_BEFORE = re.compile(r"(?:\+\+|--)(?=[A-Za-z_(*])")
_TYPE_WORDS = (
    r"(?:static|inline|extern|asmlinkage|const|volatile|register|void|bool|char|short|int|long|float|double|"
    r"unsigned|signed|size_t|ssize_t|notrace|noinline|__always_inline|__init|__exit|__user|__must_check|"
    r"asmlinkage_linkage|[us](?:8|16|32|64)|__[su](?:8|16|32|64)|[a-z]\w*_t|(?:struct|union|enum)\s+\w+)"
)
_DECLARED = re.compile(rf"(?:{_TYPE_WORDS}\b(?:\s*\*+\s*|\s+))+(?:__\w+\s+)*(?=[A-Za-z_])")
_TYPED_POINTER = re.compile(r"[A-Za-z_]\w*\s*\*+\s*(?=[A-Za-z_]\w*\s*(?:=[^=]|\())")
_CONDITION = re.compile(
    r"(else\s*if|elif|elseif|if|switch|while|for|do|else|case|default|goto|break|continue|return)\b"
)
_PREPROCESSOR = re.compile(r"#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*")
_COMMENT_LINE = re.compile(r"(?://|/\*|\*/|#(?!\s*(?:if|ifdef|ifndef|elif|else|endif)\b)|;|--\s|%|<!--)")
_PLACE = re.compile(r"\s*[(\[@]?\s*[\w./+-]+\.(?:[chS]|rs)\b")
_EXPECT = re.compile(r"kcg:\s*(?:expect[=:\s]+)?([a-z][a-z-]*)")
_CODE_NAME = re.compile(r"[a-z]\w*_\w*|_\w+|\w*\d\w*|[A-Z]+_\w+")
_WORDS = re.compile(r"^[A-Za-z][a-z']*(?:[ ,]+[A-Za-z][a-z']*){2,}")
_KERNEL_TREE = re.compile(
    r"\s*(?:⇒|=>)\s+(?:[\w.:]+|\S+ \S+)?(?:, )?(?:\d+ (?:targets?|candidates?|possible)|unresolved|[\w.]+,)"
)
_CAST = re.compile(
    r"\((?:(?:const|struct|union|enum|unsigned|signed)\s+)+\w+[\s*]*\)|\(\w+(?:\s+\w+)?\s*\*+\s*\)"
    r"|\((?:__force\s+)?(?:_*[us](?:8|16|32|64)|__(?:be|le|sum)\d+|\w+_t|bool|char|short|int|long)\)"
)
# Behind a complete statement: what is set off by blanks or brackets is said about it.
_ASIDE = re.compile(r"\s{2,}|\t|\s+(?:[\[({<⇒×↑↺…@]|via |external\b)")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line; fields as in `analyzer.model.checks.Item`, offsets into the line. `above` is the
    part of the same line that it hangs under; `also` further ones."""

    kind: ItemKind
    start: int
    end: int
    text: str
    above: int = -1
    also: tuple[int, ...] = ()
    name: str = ""
    callee: str = ""
    arguments: tuple[str, ...] | None = None
    declared: bool = False
    left: str = ""
    right: str = ""
    condition: str = ""
    keyword: str = ""
    label: str = ""
    name_at: tuple[int, int] = (-1, -1)
    arguments_at: tuple[int, int] = (-1, -1)
    strong: bool = False  # looks like code by itself: parentheses, underscores, arrows


@dataclass(slots=True)
class Parsed:
    """A line's parts, its remark, and what its remark expects."""

    parts: list[Part] = field(default_factory=list)
    remark: str = ""
    expect: str = ""


def parse(line: str, start: int, *, marked: bool) -> Parsed:
    """Read a line from an offset on. `marked`: it has a connector or stands among code, so that a bare
    word is a name and not a sentence."""
    text = _plain(line.rstrip("\r\n"))
    if match := _ORG_CODE.match(text, start):
        text = f"{text[:start]} {match[1]} {text[match.end() :]}"
    parsed = Parsed()
    if match := _EXPECT.search(text, start):
        parsed.expect = match[1]
    end = len(text.rstrip())
    while start < end and text[start] in " \t":
        start += 1
    if start >= end or text[start] in "}{" or _COMMENT_LINE.match(text, start) or text[start:end] in ("*", "/"):
        parsed.remark = text[start:end]
        return parsed
    at = _statement(text, start, end, -1, parsed, marked, "")
    parsed.remark = text[at:end].strip()
    return parsed


def _plain(text: str) -> str:
    """Markup of the same length taken out: code quotes, emphasis, links."""

    def unlink(match: re.Match[str]) -> str:
        # Code such as `ops[family](sock)` is no link.
        if not re.match(r"(?:https?:|\.{0,2}/|#)|.*\.(?:md|rst|html|org|c|h)\b", match[2]):
            return match[0]
        return f" {match[1]}".ljust(len(match[0]))

    text = _LINK.sub(unlink, text) if "](" in text else text
    if "]]" in text:
        text = _ORG_LINK.sub(lambda m: f" ({m[1]})".ljust(len(m[0])), text)
    text = _BOLD.sub(lambda m: f"  {m[1]}  ", text) if "**" in text else text  # `char **` is none
    return text.replace("`", " ").replace("~~", "  ")


def _statement(text: str, at: int, end: int, above: int, parsed: Parsed, marked: bool, label: str) -> int:
    """Read one statement and what is chained to it; the offset after it."""
    while at < end and text[at] in " \t":
        at += 1
    if not label and (match := _LABEL.match(text, at)) and not text[at:].startswith("[..."):
        label = match[1]
        at = match.end()
        marked = True
    if match := _ELIDED.match(text, at):
        parsed.parts.append(Part("elided", at, match.end(), match[0], above))
        here = len(parsed.parts) - 1
        if arrow := _ARROW.match(text, match.end()):
            return _statement(text, arrow.end(), end, here, parsed, True, "")
        return match.end()
    if re.compile(r"#\s*endif\b").match(text, at):
        return end
    if match := _PREPROCESSOR.match(text, at):
        stop = _remark_start(text, match.end(), end)
        parsed.parts.append(
            Part("condition", at, stop, text[at:stop].strip(), above, condition=text[match.end() : stop].strip(),
                 keyword="guard", strong=True)
        )  # fmt: skip
        return stop
    if match := _CONDITION.match(text, at):
        read = _condition(text, at, match, end, above, parsed, marked)
        if read is not None:
            return read
    if match := re.compile(r"[A-Za-z_]\w*:{1,2}(?=\s*$|\s+(?://|/\*|\[|\()|\s{2,}[…{])").match(text, at):
        parsed.parts.append(
            Part("condition", at, match.end(), match[0], above, condition=match[0].rstrip(":"), keyword="label")
        )
        return match.end()
    if match := _LEAD_WORD.match(text, at):
        at = match.end()
        marked = True
    return _expression(text, at, end, above, parsed, marked, label)


def _condition(
    text: str, at: int, match: re.Match[str], end: int, above: int, parsed: Parsed, marked: bool
) -> int | None:
    """Read a condition, loop or jump; None when the word only begins a sentence."""
    word = "".join(match[1].split())
    keyword = {"elif": "if", "elseif": "if", "while": "loop", "for": "loop", "do": "loop", "default": "case"}.get(
        word, word
    )
    rest = match.end()
    while rest < end and text[rest] in " \t":
        rest += 1
    alone = rest >= end or text[rest] in "{:;/#["
    if word == "do" and (again := re.compile(r"(?:…|\.{3})\s*(?=while\s*\()").match(text, rest)):
        rest = again.end() + len("while")
        while text[rest] in " \t":
            rest += 1
        word = "while"
    if word in ("else", "do", "default", "break", "continue"):
        if not alone and word == "else":
            parsed.parts.append(Part("condition", at, match.end(), "else", above, keyword="else"))
            return _statement(text, rest, end, len(parsed.parts) - 1, parsed, marked, "")
        if not alone:
            return None
        subject = word if word == "default" else ""
        parsed.parts.append(
            Part("condition", at, match.end(), word, above, condition=subject, keyword=keyword, strong=True)
        )
        return _after_head(text, match.end(), end)
    if word == "return":
        return _return(text, at, rest, end, above, parsed)
    if word in ("goto", "case"):
        stop = _remark_start(text, rest, end)
        body = text[rest:stop].strip().rstrip(";")
        if word == "case":
            body = body.partition(":")[0].strip()
        if not body or " " in body.replace(" ... ", ""):
            return None
        stop = text.index(body, rest) + len(body)
        parsed.parts.append(
            Part("condition", at, stop, text[at:stop], above, condition=body, keyword=word, strong=True)
        )
        after = _after_head(text, stop, end)
        if word == "case" and after < end and text[after] not in "/#":
            return _statement(text, after, end, len(parsed.parts) - 1, parsed, marked, "")
        return after
    if text[rest : rest + 1] == "(":
        stop = close(text, rest)
        if stop < 0:
            stop = end - 1
        # `if (a) && (b):` has more than its first parentheses.
        tail = re.compile(r"\s*(?:&&|\|\||[<>=!]=|[<>]).*?(?=\s*[:{]\s*$)").match(text, stop + 1)
        if tail:
            inside, stop = text[rest : tail.end()], tail.end() - 1
        else:
            inside = text[rest + 1 : stop]
        parsed.parts.append(
            Part("condition", at, stop + 1, text[at : stop + 1], above, condition=" ".join(inside.split()),
                 keyword=keyword, strong=True)
        )  # fmt: skip
        after = _after_head(text, stop + 1, end)
        if after < end and text[after] not in "/#" and not _wide(text[after]):
            return _statement(text, after, end, len(parsed.parts) - 1, parsed, True, "")
        return after
    if word == "for":
        return None
    stop = _remark_start(text, rest, end)
    head = text[rest:stop]
    body = re.sub(r"\s*(?::|\bthen\b|\{)\s*$", "", head).strip()
    if not body or _WORDS.match(body) or (body == head.strip() and not marked):
        return None
    colon = re.match(r"([^:?]+):\s+(\S.*)$", body)
    if colon:
        body = colon[1].strip()
    stop = text.index(body, rest) + len(body)
    parsed.parts.append(Part("condition", at, stop, text[at:stop], above, condition=body, keyword=keyword))
    after = _after_head(text, stop, end)
    if colon:
        return _statement(text, after, end, len(parsed.parts) - 1, parsed, marked, "")
    return after


def _return(text: str, at: int, rest: int, end: int, above: int, parsed: Parsed) -> int | None:
    aside = re.compile(r"return\s{2,}[\[<({…]").match(text, at)
    stop = rest if aside else _remark_start(text, rest, end)
    body = text[rest:stop].strip().rstrip(";")
    found = postfix(text, rest) if body else None
    if found and _is_value(text, found) and _is_end(text, found.end, stop):
        parsed.parts.append(
            replace(_called(text, found, above), left="return", start=at, text=text[at : found.end])
        )
        return _chain(text, found.end, end, parsed)
    if _WORDS.match(body):
        return None
    body = re.split(r"\s{2,}", body)[0]
    parsed.parts.append(
        Part("condition", at, rest + len(body), text[at : rest + len(body)].strip(), above, condition=body,
             keyword="return")
    )  # fmt: skip
    return _after_head(text, rest + len(body), end)


def _after_head(text: str, at: int, end: int) -> int:
    """After a condition's colon or brace; at the end when only an aside follows."""
    if re.compile(r":?\s{2,}[\[({<⇒×…]|\s*\[[\w./-]+:\d+\]").match(text, at):
        return end
    while at < end and (text[at] in " \t{:;" or text.startswith("then ", at)):
        at += 5 if text.startswith("then ", at) else 1
    return at


def _expression(text: str, at: int, end: int, above: int, parsed: Parsed, marked: bool, label: str) -> int:
    """A call, a name or an assignment; else prose."""
    declared = False
    left = ""
    begin = at
    if match := _DECLARED.match(text, at) or _TYPED_POINTER.match(text, at):
        after = postfix(text, match.end())
        if after is not None and (after.inside or _ASSIGN.match(text, after.end)):
            declared = True
            at = match.end()
    if match := _BEFORE.match(text, at):
        found = postfix(text, match.end())
        if found is not None and not found.inside and _is_end(text, found.end, end):
            parsed.parts.append(
                Part("assignment", begin, found.end, text[begin : found.end], above,
                     left=text[match.end() : found.end], right=match[0], label=label, strong=True)
            )  # fmt: skip
            return found.end
    found = postfix(text, at)
    if found is None or text[slice(*found.names[0])] in KEYWORDS:
        return _prose(text, begin, end, above, parsed)
    stored = not found.inside or text[at] == "*"  # `*f(x) = y` stores, `f(x) = y` says what is returned
    if stored and (assign := _ASSIGN.match(text, found.end)):
        left = " ".join(text[at : found.end].split())
        value, begins = _last_value(text, assign.end())
        stop = _remark_start(text, assign.end(), end)
        if value and _is_value(text, value) and _is_end(text, value.end, stop):
            left = " ".join(text[at:begins].rstrip().removesuffix("=").split())
            part = replace(
                _called(text, value, above), left=left, start=begin, text=text[begin : value.end], label=label
            )
            parsed.parts.append(part)
            return _chain(text, value.end, end, parsed)
        right = text[assign.end() : stop].strip().rstrip(";,").strip()
        finish = assign.end() + len(text[assign.end() : stop].rstrip().rstrip(";,").rstrip())
        parsed.parts.append(
            Part("assignment", begin, max(finish, assign.end()), text[begin:finish].strip(), above, left=left,
                 right=" ".join(right.split()), label=label, strong=True)
        )  # fmt: skip
        if arrow := _ARROW.match(text, stop):
            return _statement(text, arrow.end(), end, len(parsed.parts) - 1, parsed, True, "")
        return stop
    if not found.inside and (step := _STEP.match(text, found.end)):
        left = " ".join(text[at : found.end].split())
        parsed.parts.append(
            Part("assignment", begin, step.end(), text[begin : step.end()], above, left=left, right=step[1],
                 label=label, strong=True)
        )  # fmt: skip
        return step.end()
    if found.inside is None and (spaced := _spaced_call(text, found)) is not None:
        found = spaced
    if found.inside is not None:
        if found.calls > 1 and (links := _glued(text, found)):
            return _links(text, links, above, parsed, end, label)
        part = _called(text, found, above)
        parsed.parts.append(
            replace(part, start=begin, text=text[begin : found.end], declared=declared, label=label)
        )
        return _chain(text, found.end, end, parsed)
    name = text[found.start : found.end]
    if not _bare_name(text, found, end, marked, parsed):
        return _prose(text, begin, end, above, parsed)
    kind: ItemKind = "pointer" if len(found.names) > 1 else "call"
    last = found.names[-1]
    parsed.parts.append(
        Part(kind, begin, found.end, name, above, name=text[slice(*last)], callee=_callee(name), label=label,
             name_at=last, strong=bool(_CODE_NAME.fullmatch(text[slice(*last)])) or kind == "pointer")
    )  # fmt: skip
    return _chain(text, found.end, end, parsed)


def _called(text: str, found: Postfix, above: int) -> Part:
    assert found.inside is not None
    callee = text[found.start : found.callee_end]
    inside = text[slice(*found.inside)]
    given = arguments(inside)
    name_at = found.names[-1]
    pointer = len(found.names) > 1 or not re.fullmatch(r"\s*\w+\s*", callee)
    return Part(
        "pointer" if pointer else "call",
        found.start,
        found.end,
        text[found.start : found.end],
        above,
        name=text[slice(*name_at)],
        callee=_callee(callee),
        arguments=given or None,
        name_at=name_at,
        arguments_at=found.inside,
        strong=True,
    )


def _callee(text: str) -> str:
    folded = "".join(text.split())
    while match := re.fullmatch(r"\(\*?(.*)\)", folded):
        folded = match[1]
    return folded


def _last_value(text: str, at: int) -> tuple[Postfix | None, int]:
    """What is stored by `a = b = f(x)`, and where it begins."""
    while True:
        value = postfix(text, _after_cast(text, at))
        if value is None or value.inside or not (again := _ASSIGN.match(text, value.end)):
            return value, at
        at = again.end()


def _is_value(text: str, found: Postfix) -> bool:
    """Whether an expression is the result of a call: no cast, no `sizeof`, and nothing is done with it."""
    if not found.inside or text[found.start] in "*&!" or text[slice(*found.names[0])] in KEYWORDS:
        return False
    return not _CAST.match(text, found.start)


def _after_cast(text: str, at: int) -> int:
    """After a cast such as `(struct file *)`."""
    match = re.compile(
        r"\((?:const |struct |union |enum )*\w+(?: long| int| char)?\s*(?:__user\s*)?\**\)\s*(?=[A-Za-z_(])"
    ).match(text, at)
    return match.end() if match else at


def _is_end(text: str, at: int, stop: int) -> bool:
    if not text[at:stop].strip(" \t;,") or _ASIDE.match(text, at):
        return True
    return bool(_ARROW.match(text, at))


def _spaced_call(text: str, found: Postfix) -> Postfix | None:
    """`f (args)`: one blank before the parentheses, which hold no place in a file."""
    at = found.end
    if text[at : at + 2] != " (" or _PLACE.match(text, at + 1):
        return None
    end = close(text, at + 1)
    inside = text[at + 2 : end]
    listed = re.fullmatch(r"\w+(?:,\s*\w+)*", inside)
    prose = _WORDS.match(inside) and not listed
    if end < 0 or re.search(rf"[{_WIDE}]", inside) or prose or text[end + 1 : end + 2].isalnum():
        return None
    if inside and not re.fullmatch(r"[\w\s,.*&>()\[\]|~+-]*", inside):
        return None
    return Postfix(found.start, end + 1, at, (at + 2, end), found.names, 1)


def _glued(text: str, found: Postfix) -> list[Postfix]:
    """`f()->g()->h()` written without blanks is a chain when nothing is between the parentheses."""
    pieces = text[found.start : found.end].split("->")
    if not all(re.fullmatch(r"\w+\(\)", p) for p in pieces):
        return []
    links: list[Postfix] = []
    at = found.start
    for piece in pieces:
        link = postfix(text[: at + len(piece)], at)
        if link is None:
            return []
        links.append(link)
        at += len(piece) + 2
    return links


def _links(text: str, links: list[Postfix], above: int, parsed: Parsed, end: int, label: str) -> int:
    for link in links:
        parsed.parts.append(replace(_called(text, link, above), label=label))
        above = len(parsed.parts) - 1
        label = ""
    return _chain(text, links[-1].end, end, parsed)


def _bare_name(text: str, found: Postfix, end: int, marked: bool, parsed: Parsed) -> bool:
    """Whether a name without parentheses is meant as a function."""
    if text[found.start] in "*&!(":
        return False
    rest = text[found.end : end]
    word = text[slice(*found.names[-1])]
    code = bool(_CODE_NAME.fullmatch(word)) or len(found.names) > 1
    if (
        len(found.names) > 1
        and text[found.start : found.end].count(".")
        and "->" not in text[found.start : found.end]
    ):
        # `socket.c`, `www.kernel.org`: a file or host unless it reads like an ops table's member.
        if re.search(r"\.(?:[chSo]|md|txt|rst|py|sh|org|com|net|ko|html)$", text[found.start : found.end]):
            return False
        if not re.fullmatch(r"\w*_\w*(?:\[\w+\])?(?:\.\w+)+", text[found.start : found.end]):
            return False
    if not rest.strip(" \t;,:。)"):
        return marked or code
    if _ARROW.match(text, found.end) and not _KERNEL_TREE.match(text, found.end):
        return marked or code
    if rest[0] in "/\\.@%$'\"?!" and not rest.startswith("//"):
        return False
    if re.match(rf"\s*(?://|/\*|#|[{_WIDE}]|<-|←|\(|\[|@|--|[::;]|- |<|\{{|×|x\d|↑|↺|…|\.\.\.|⇒|=>|  )", rest):
        return code or marked
    return code and (marked or bool(parsed.parts))


def _chain(text: str, at: int, end: int, parsed: Parsed) -> int:
    """What an arrow leads on to; braces group."""
    here = len(parsed.parts) - 1
    return _onward(text, at, end, [here], parsed)


def _onward(text: str, at: int, end: int, above: list[int], parsed: Parsed) -> int:
    arrow = _ARROW.match(text, at)
    if not arrow or _KERNEL_TREE.match(text, at):
        return at
    start = arrow.end()
    if text[start : start + 1] == "{":
        stop = close(text, start)
        if stop < 0:
            return at
        group: list[int] = []
        for piece in re.finditer(r"(?:[^,()\[\]{}]|\([^()]*\)|\{[^{}]*\})+", text[start + 1 : stop]):
            first = len(parsed.parts)
            _statement(text, start + 1 + piece.start(), start + 1 + piece.end(), above[-1], parsed, True, "")
            group += range(first, len(parsed.parts))
        return _onward(text, stop + 1, end, group or above, parsed)
    if not re.compile(rf"(?:[A-Za-z_*(`]|\.\.\.|…|[{_WIDE}])").match(text, start):
        return at
    before = len(parsed.parts)
    probe = Parsed(list(parsed.parts))
    after = _statement(text, start, end, above[-1], probe, True, "")
    new = probe.parts[before:]
    if not new or new[0].kind == "prose":
        return at
    if len(above) > 1:
        probe.parts[before] = replace(probe.parts[before], also=tuple(above[:-1]))
    parsed.parts[:] = probe.parts
    return after


def _prose(text: str, at: int, end: int, above: int, parsed: Parsed) -> int:
    body = text[at:end].strip()
    if body:
        parsed.parts.append(Part("prose", at, end, body, above))
    return end


def _remark_start(text: str, at: int, end: int) -> int:
    """Where a statement ends and a remark begins."""
    match = re.compile(
        rf"\s*(?://|/\*|\s#\s|\s<-|←|;(?=\s)|\s--+\s|[，。；：]|\s[{_WIDE}]|\s{{2,}}(?=\S))"
    ).search(text, at, end)
    found = match.start() if match else end
    arrow = re.compile(r"\s(?:-{1,}>|→|=>|⇒)\s").search(text, at, end)
    return min(found, arrow.start()) if arrow else found


def _wide(character: str) -> bool:
    return bool(re.match(rf"[{_WIDE}]", character))
