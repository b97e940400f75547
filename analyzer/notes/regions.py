"""A note's lines sorted into regions: text, fenced or literal code, and what is left alone.

Markdown fences, reST literal blocks and directives, Org blocks; excerpts of C, wherever they stand; tables;
`kcg:` comments. Not handled: markup inside markup (a fence inside a list keeps its indentation as it is).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from analyzer.model.checks import VERDICT_WORDS, Directives, NoteProblem

_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})\s*([^`\r\n]*)$")
_ORG_BEGIN = re.compile(r"^\s*#\+begin_(src|example|quote)\b\s*(.*)$", re.IGNORECASE)
_ORG_END = re.compile(r"^\s*#\+end_(?:src|example|quote)\b", re.IGNORECASE)
_RST_CODE = re.compile(r"^(\s*)\.\.\s+(?:code(?:-block)?|sourcecode|parsed-literal|highlight)::\s*(.*)$")
_RST_OPTION = re.compile(r"^\s+:[\w-]+:.*$")
_DIRECTIVE = re.compile(r"^\s*(?:<!--|\.\.|#|//|;|%|/\*|\*)\s*kcg:\s*(.*?)\s*(?:-->|\*/)?\s*$")
_HEADING = re.compile(r"^(?:#{1,6}\s+\S|\*{1,6}\s+\S)")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)+\|?\s*$")
_QUOTE = re.compile(r"^\s{0,3}>[ \t]?(?![->=])")
_TAKEN = "\x01"  # stands for a line that belongs to an excerpt

_C_HEAD = re.compile(
    r"^\s*(?:(?:static|inline|extern|asmlinkage|const|struct|union|enum|typedef|unsigned|signed|void|int|long|"
    r"bool|char|short|noinline|notrace|__\w+|[A-Za-z_]\w*_t|[A-Za-z_]\w*)\b[\s*]+)+[A-Za-z_]?\w*\s*(?:\(|\[|=|\{|$)"
)
_AGGREGATE = re.compile(
    r"^\s*(?:typedef\s+|static\s+|const\s+|extern\s+)*(?:struct|union|enum)\b[^;()=]*(?:=\s*)?\{"
)
_MACRO_HEAD = re.compile(r"^\s*[A-Z][A-Z0-9_]*(?:DEFINE|DECLARE)\w*\s*\(")
_CONDITION_MARK = re.compile(r"\s\{[A-Z0-9_&|! ()]+\}")  # `{CONFIG_NET}`, as trees write it
_TYPE_ALONE = re.compile(
    r"^\s*(?:static|extern|inline|asmlinkage|const|unsigned|struct|void|int|long|char|bool|__)[\w\s*]*$"
)
_NOT_HEAD = re.compile(r"^\s*(?:if|else|for|while|switch|do|return|case|goto)\b")


@dataclass(frozen=True, slots=True)
class Region:
    """Lines `first` (0-based) to before `last`. `code`: inside a fence or literal block. `info`: what the
    fence says. `lines` are the texts to read, "" for what is not to be read."""

    first: int
    last: int
    code: bool
    info: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Divided:
    """Regions, the directives by 0-based line, problems with those, and whether all is to be ignored."""

    regions: list[Region] = field(default_factory=list)
    directives: dict[int, Directives] = field(default_factory=dict)
    fences: dict[int, Directives] = field(default_factory=dict)  # by the first line inside
    problems: list[NoteProblem] = field(default_factory=list)
    ignored: bool = False


def divide(lines: Sequence[str]) -> Divided:
    """Divide a note into regions."""
    result = Divided()
    texts = [line.rstrip("\r\n") for line in lines]
    for number, text in enumerate(texts):
        if "kcg:" in text and (match := _DIRECTIVE.match(text)):
            _directive(match[1], number, result, result.directives)
    spans = list(_spans(texts))
    for first, last, code, info in spans:
        if info and (match := re.search(r"\bkcg\b:?\s*(.*)$", info)):
            _directive(match[1].strip(" {}"), first, result, result.fences)
        body = [("" if n in result.directives else t) for n, t in enumerate(texts[first:last], first)]
        if not code:
            body = _without_tables(_unquoted(body))
        result.regions.append(Region(first, last, code, info, tuple(_without_excerpts(body))))
    return result


def _spans(texts: Sequence[str]) -> "list[tuple[int, int, bool, str]]":
    spans: list[tuple[int, int, bool, str]] = []
    start = 0
    at = 0
    while at < len(texts):
        text = texts[at]
        opened: tuple[int, int, str, int] | None = None
        if match := _FENCE.match(text):
            opened = _fence(texts, at, match)
        elif match := _ORG_BEGIN.match(text):
            end = next((n for n in range(at + 1, len(texts)) if _ORG_END.match(texts[n])), len(texts))
            opened = at + 1, end, match[2], end + 1
        elif match := _RST_CODE.match(text):
            opened = _literal(texts, at, len(match[1]), match[2])
        elif text.rstrip().endswith("::") and not text.lstrip().startswith(".."):
            opened = _literal(texts, at, len(text) - len(text.lstrip()), "")
        if opened is None:
            at += 1
            continue
        first, last, info, following = opened
        if start < at:
            spans.append((start, at, False, ""))
        if first < last:
            spans.append((first, last, True, info))
        start = at = max(following, at + 1)
    if start < len(texts):
        spans.append((start, len(texts), False, ""))
    return spans


def _fence(texts: Sequence[str], at: int, match: re.Match[str]) -> tuple[int, int, str, int]:
    """The lines of a fence. One that is never closed ends where another opens or a heading follows."""
    mark = match[1]
    for number in range(at + 1, len(texts)):
        again = _FENCE.match(texts[number])
        if again and again[1][0] == mark[0] and len(again[1]) >= len(mark) and not again[2].strip():
            return at + 1, number, match[2].strip(), number + 1
        if again and again[1][0] == mark[0] and again[2].strip():
            return at + 1, number, match[2].strip(), number
    end = next(
        (n for n in range(at + 2, len(texts)) if _HEADING.match(texts[n]) and not texts[n - 1].strip()), len(texts)
    )
    return at + 1, end, match[2].strip(), end


def _literal(texts: Sequence[str], at: int, indent: int, info: str) -> tuple[int, int, str, int] | None:
    """reST: the deeper lines after a blank one."""
    first = at + 1
    while first < len(texts) and (not texts[first].strip() or _RST_OPTION.match(texts[first])):
        first += 1
    if first == at + 1 or first >= len(texts):
        return None
    last = first
    for number in range(first, len(texts)):
        text = texts[number]
        if text.strip():
            if len(text) - len(text.lstrip()) <= indent:
                break
            last = number + 1
    return (first, last, info.strip(), last) if last > first else None


def _directive(text: str, line: int, result: Divided, where: dict[int, Directives]) -> None:
    """`root=sys_socket version=6.1 bind=type=SOCK_STREAM expect=fail ignore`, in any order."""
    made = where.get(line, Directives(line=line + 1, forced=True))
    for word in re.split(r"[\s,;]+", text.strip()):
        key, _, value = word.partition("=")
        key = key.rstrip(":").lower()
        match key:
            case "":
                continue
            case "ignore":
                made = _with(made, ignore=True)
            case "ignore-file":
                result.ignored = True
            case "tree":
                made = _with(made, forced=True)
            case "callee-first" | "reverse":
                made = _with(made, callee_first=True)
            case "root":
                made = _with(made, root=value)
            case "version" | "kernel":
                made = _with(made, version=value.removeprefix("v"))
            case "bind" | "bindings":
                name, _, constant = value.partition("=")
                made = _with(made, bindings=(*made.bindings, (name, constant)))
            case "expect":
                if value != "fail" and value not in VERDICT_WORDS:
                    known = ", ".join(("fail", *VERDICT_WORDS))
                    result.problems.append(NoteProblem(line + 1, f"expect={value} is none of {known}"))
                made = _with(made, expect=value)
            case _:
                result.problems.append(
                    NoteProblem(
                        line + 1,
                        f"`{word}` is no kcg directive; there are root, version, bind, expect, ignore, "
                        "ignore-file, callee-first, tree",
                    )
                )
    where[line] = made


def _with(made: Directives, **changes: object) -> Directives:
    import msgspec

    return msgspec.structs.replace(made, **changes)


def _unquoted(texts: list[str]) -> list[str]:
    """Quotes of Markdown (`> ` on every line of a paragraph) without their marks, columns kept."""
    result = list(texts)
    at = 0
    while at < len(texts):
        end = at
        while end < len(texts) and _QUOTE.match(texts[end]):
            end += 1
        if end - at >= 2:
            for number in range(at, end):
                result[number] = texts[number].replace(">", " ", 1)
        at = max(end, at + 1)
    return result


def _without_tables(texts: list[str]) -> list[str]:
    """Tables of Markdown and Org are no trees, though they begin with bars."""
    result = list(texts)
    for number, text in enumerate(texts):
        if "|" not in text or "---" not in text or not _TABLE_RULE.match(text):
            continue
        for step in (-1, 1):
            at = number
            while 0 <= at < len(texts) and "|" in texts[at]:
                result[at] = ""
                at += step
    return result


def _without_excerpts(texts: list[str]) -> list[str]:
    """C definitions taken out: a head that reads as C with a `{` at its end or on the next line, up to the
    matching `}`."""
    result = list(texts)
    at = 0
    while at < len(texts):
        head = _c_head(texts, at)
        if head < 0:
            at += 1
            continue
        depth = 0
        state = ""
        end = at
        for number in range(at, len(texts)):
            change, state = _braces(texts[number], state)
            depth += change
            end = number
            if depth <= 0 and number >= head:
                break
        else:
            end = _last_c_line(texts, head)
        for number in range(at, end + 1):
            result[number] = _TAKEN
        at = end + 1
    return ["" if line == _TAKEN else line for line in result]


def _c_head(texts: Sequence[str], at: int) -> int:
    """The line of the `{` of a C definition that begins at a line, -1 for none."""
    text = texts[at]
    if _AGGREGATE.match(text):
        return at
    if re.match(r"^\s*(?:#\s*define\b.*\\$)", text):
        number = at
        while number + 1 < len(texts) and texts[number].rstrip().endswith("\\"):
            number += 1
        return number
    starts = (_C_HEAD.match(text) or _MACRO_HEAD.match(text)) and not _NOT_HEAD.match(text)
    if not starts:
        return -1
    # The head may span lines while its parentheses are open; its `{` ends a line, stands alone, or (a short
    # body) is followed by code.
    joined = ""
    for number in range(at, min(at + 10, len(texts))):
        line = _CONDITION_MARK.sub("", _uncommented(texts[number]))
        opens = joined.count("(") > joined.count(")")
        # Between a complete head and its `{` is nothing; before the name there may be a type on a line of its own.
        goes_on = line.lstrip().startswith("{") or (_TYPE_ALONE.match(joined) and "(" in line)
        if joined.strip() and not opens and not goes_on:
            return -1
        joined += " " + line
        if "{" in line:
            before = joined.partition("{")[0]
            plain = re.search(r"[)=\w]\s*$", before) is not None
            arrowed = re.search(r"(?:->|→|>|=>)\s*$", before.rstrip()) is not None
            words = len(re.findall(r"[A-Za-z_]\w*", before.partition("(")[0]))
            typed = words > 1 or bool(_MACRO_HEAD.match(before))
            return number if plain and not arrowed and typed else -1
        if ";" in line or re.search(r"[├└│→]|\+--|\|-", line):
            return -1
    return -1


def _uncommented(text: str) -> str:
    return re.sub(r"//.*|/\*.*?(?:\*/|$)", "", text)


def _braces(text: str, state: str) -> tuple[int, str]:
    """The change of depth over a line, and whether a comment stays open."""
    change = 0
    at = 0
    while at < len(text):
        if state:
            end = text.find("*/", at)
            if end < 0:
                return change, state
            at, state = end + 2, ""
            continue
        two = text[at : at + 2]
        if two == "//":
            break
        if two == "/*":
            state = "*"
            at += 2
            continue
        if text[at] in "\"'":
            match = re.compile(r"(['\"])(?:\\.|(?!\1).)*\1").match(text, at)
            at = match.end() if match else at + 1
            continue
        change += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return change, state


def _last_c_line(texts: Sequence[str], at: int) -> int:
    """Where an excerpt that is cut off ends: before the first line that is no C."""
    last = at
    for number in range(at, len(texts)):
        text = texts[number].strip()
        if not text:
            continue
        if not re.search(r"[;{}:,)(\\/*&|=]$|^[#/*]|\w\($|^\w+$", _uncommented(text).strip() or "/"):
            break
        last = number
    return last


def replaced(directives: Directives, **changes: object) -> Directives:
    """A changed copy."""
    return _with(directives, **changes)


__all__ = ["Divided", "Region", "divide", "replace", "replaced"]
