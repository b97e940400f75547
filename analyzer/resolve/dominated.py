"""Guards inside an expansion: what `if (IS_ENABLED(CONFIG_X))`, `&&`, `||` and `?:` in a macro's body dominate.

The same rules as for source text (`analyzer.extract.dominance`), over tokens. Not handled: early exits from an
expansion, and loops.
"""

from collections.abc import Sequence

from analyzer.extract.dominance import TESTS, implied
from analyzer.model.guards import conjunction
from analyzer.resolve.tokens import Token, close_of

CONSTANTS = frozenset(("0", "1", "true", "false"))
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
# what may stand before an operand; a `;` may be what parts the definitions of a macro with several
_BEFORE = frozenset(("(", "[", ",", "=", "return", "?", ":", "&&", "||", "!"))


def guards_of(tokens: Sequence[Token]) -> list[str]:
    """The guard of every token; an empty list when there is none at all."""
    texts = [t.text for t in tokens]
    if not any(t in TESTS for t in texts) and not any(_constant(texts, at) for at in range(len(texts))):
        return []
    regions: list[tuple[int, int, str]] = []
    for at, text in enumerate(texts):
        if text == "if" and at + 1 < len(texts) and texts[at + 1] == "(":
            regions.extend(_of_if(tokens, texts, at))
        elif text in ("&&", "||"):
            weaker = ("||", "?", ":") if text == "&&" else ("?", ":")
            when_true, when_false = implied(texts[_left(texts, at, weaker) : at])
            regions.append((at + 1, _right(texts, at, text), when_true if text == "&&" else when_false))
        elif text == "?":
            when_true, when_false = implied(texts[_left(texts, at, ()) : at])
            colon = _colon(texts, at)
            if colon > 0 and (when_true or when_false):
                regions.append((at + 1, colon, when_true))
                regions.append((colon + 1, _right(texts, colon, ":"), when_false))
    regions = [r for r in regions if r[2]]
    if not regions:
        return []
    guards = [""] * len(texts)
    for start, end, guard in regions:
        for at in range(start, min(end, len(texts))):
            guards[at] = conjunction(guards[at], guard)
    return guards


def _constant(texts: Sequence[str], at: int) -> bool:
    """Whether a constant stands where a condition does."""
    return texts[at] in CONSTANTS and at + 1 < len(texts) and texts[at + 1] in (")", "&&", "||", "?") and at > 0


def _of_if(tokens: Sequence[Token], texts: Sequence[str], at: int) -> list[tuple[int, int, str]]:
    closing = close_of(tokens, at + 1)
    if closing < 0:
        return []
    when_true, when_false = implied(texts[at + 2 : closing])
    if not when_true and not when_false:
        return []
    end = _statement_end(tokens, texts, closing + 1)
    found = [(closing + 1, end, when_true)]
    if end < len(texts) and texts[end] == "else":
        found.append((end + 1, _statement_end(tokens, texts, end + 1), when_false))
    return found


def _statement_end(tokens: Sequence[Token], texts: Sequence[str], at: int) -> int:
    """Index behind the statement that begins at an index."""
    if at >= len(texts):
        return len(texts)
    if texts[at] == "{":
        closing = close_of(tokens, at)
        return closing + 1 if closing >= 0 else len(texts)
    if texts[at] in ("if", "while", "for", "switch") and at + 1 < len(texts) and texts[at + 1] == "(":
        closing = close_of(tokens, at + 1)
        if closing < 0:
            return len(texts)
        end = _statement_end(tokens, texts, closing + 1)
        if texts[at] == "if" and end < len(texts) and texts[end] == "else":
            return _statement_end(tokens, texts, end + 1)
        return end
    if texts[at] == "do":
        at = _statement_end(tokens, texts, at + 1)
    depth = 0
    for position in range(at, len(texts)):
        text = texts[position]
        if text in _OPEN:
            depth += 1
        elif text in _CLOSE:
            depth -= 1
            if depth < 0:
                return position
        elif text == ";" and depth == 0:
            return position + 1
    return len(texts)


def _left(texts: Sequence[str], at: int, weaker: tuple[str, ...]) -> int:
    """Where the left operand of the operator at an index begins; `at` when that cannot be told."""
    depth = 0
    position = at - 1
    while position >= 0:
        text = texts[position]
        if text in _CLOSE:
            depth += 1
        elif text in _OPEN:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (text in ("return", ",", ";", "=") or text in weaker):
            break
        position -= 1
    if position < 0 or texts[position] not in _BEFORE:
        return at
    return position + 1


def _right(texts: Sequence[str], at: int, operator: str) -> int:
    """Where the right operand ends."""
    stops = {"&&": ("||", "?", ":", ",", ";"), "||": ("?", ":", ",", ";"), ":": (",", ";", ":")}[operator]
    depth = 0
    for position in range(at + 1, len(texts)):
        text = texts[position]
        if text in _OPEN:
            depth += 1
        elif text in _CLOSE:
            if depth == 0:
                return position
            depth -= 1
        elif depth == 0 and text in stops:
            return position
    return len(texts)


def _colon(texts: Sequence[str], at: int) -> int:
    """The `:` that belongs to the `?` at an index, or -1."""
    depth = nested = 0
    for position in range(at + 1, len(texts)):
        text = texts[position]
        if text in _OPEN:
            depth += 1
        elif text in _CLOSE:
            depth -= 1
            if depth < 0:
                return -1
        elif depth == 0 and text == "?":
            nested += 1
        elif depth == 0 and text == ":":
            if nested == 0:
                return position
            nested -= 1
        elif depth == 0 and text == ";":
            return -1
    return -1
