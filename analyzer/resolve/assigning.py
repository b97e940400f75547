"""What the expansion of a macro assigns, whatever stands around the place and the value.

`WRITE_ONCE(x->f, g)` is `*(volatile typeof(x->f) *)&(x->f) = (g)`, and `rcu_assign_pointer` puts the value into a
variable of its own first. What such uses look like is told here, too, for those who search for them. Not handled:
values that go through more than one such variable.
"""

import re
from collections.abc import Iterator, Sequence

from analyzer.model.facts import FieldAssignment
from analyzer.resolve.initializers import initial_value
from analyzer.resolve.stripping import strip_callee
from analyzer.resolve.tokens import KEYWORDS, Token, open_of, postfix_start, tokenize, value_end

_BEGINNING = (";", "{", "}")
_GIVEN = rb"(?:\[[^\]\n]*\])*,\s*+&?[a-z_]\w*\)"  # behind the member's name
_ACCESS = (rb"->", rb"\.")  # `re` skips to the literal of a pattern: two take a quarter of the time of a choice
_MEMBERS = tuple(re.compile(access + rb"([a-z_]\w*+)" + _GIVEN) for access in _ACCESS)


def members_given(text: bytes) -> set[str]:
    """The members that uses in a text may store a name into: `WRITE_ONCE(sk->sk_data_ready, xs_data_ready)`."""
    return {name.decode("ascii", "replace") for pattern in _MEMBERS for name in pattern.findall(text)}


def giving(member: str) -> re.Pattern[bytes]:
    """What such uses of one member look like."""
    return re.compile(rb"(?:" + rb"|".join(_ACCESS) + rb")" + member.encode() + _GIVEN)


def assignments_in(tokens: Sequence[Token]) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    """Left side and value of the assignments to members, and of those behind a `*` or a cast, in a token stream;
    designators left out."""
    for at in range(1, len(tokens) - 1):
        if tokens[at].text != "=":
            continue
        value = tokens[at + 1 : value_end(tokens, at + 1)]
        last = at - 1
        while last > 0 and tokens[last].text == "]":
            last = open_of(tokens, last) - 1
        if last > 0 and tokens[last].is_name and tokens[last - 1].text in (".", "->"):
            start = postfix_start(tokens, last)
            if start < last - 1:
                yield tokens[start:at], value
            continue
        start = next((n + 1 for n in range(at - 1, -1, -1) if tokens[n].text in _BEGINNING), 0)
        if tokens[start].text in ("*", "("):
            yield strip_callee(tokens[start:at]), followed(tokens, strip_callee(value))


def followed(tokens: Sequence[Token], value: Sequence[Token]) -> Sequence[Token]:
    """What a variable that the expansion itself declares begins with; any other value as it is."""
    if len(value) != 1 or not value[0].is_name or value[0].origin is None:
        return value
    places = [at for at, token in enumerate(tokens) if token.text == value[0].text]
    return initial_value(tokens, places) or value


def function_named(assignment: FieldAssignment, local_names: set[str]) -> str:
    """The name on the right side of an assignment that may be a function's, "" when there is none."""
    tokens = [t for t in tokenize(assignment.right) if t.is_name and t.text not in KEYWORDS]
    for token in tokens:
        if token.text not in local_names and not token.text.isupper():
            return token.text
    return ""
