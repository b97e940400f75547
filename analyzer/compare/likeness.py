"""How alike two names, sets or sequences are, from 0 to 1, the same whichever comes first.

All measures are Dice coefficients (2·|common| / (|a| + |b|), Dice 1945) over multisets: of letter pairs and words
for names, of neighbouring tokens for bodies, of callees for functions. difflib's ratio is not used because it
depends on the order of its arguments. Not handled: meaning; `a + b` and `b + a` are different bodies.
"""

import bisect
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d\w*|\"(?:\\.|[^\"\\])*\"|->|\+\+|--|&&|\|\||[<>=!]=|\S")
_SHINGLE = 3


def dice(left: Iterable[Hashable], right: Iterable[Hashable]) -> float:
    """The Dice coefficient of two multisets; 1 when both are empty."""
    first, second = Counter(left), Counter(right)
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 1.0


def names_alike(left: str, right: str) -> float:
    """Likeness of two identifiers: by words between underscores or by letter pairs, whichever says more."""
    if left == right:
        return 1.0
    words = dice(_words(left), _words(right))
    return max(words, dice(_pairs(left), _pairs(right)))


def _words(name: str) -> list[str]:
    return [word for word in name.lower().split("_") if word]


def _pairs(name: str) -> list[str]:
    text = name.lower().strip("_")
    return [text[i : i + 2] for i in range(len(text) - 1)] or [text]


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of C text without comments."""
    return tuple(_TOKEN.findall(text))


def bodies_alike(left: Sequence[str], right: Sequence[str]) -> float:
    """Likeness of two token sequences, by runs of three tokens."""
    return dice(_shingles(left), _shingles(right))


def _shingles(sequence: Sequence[str]) -> list[tuple[str, ...]]:
    if len(sequence) < _SHINGLE:
        return [tuple(sequence)]
    return [tuple(sequence[i : i + _SHINGLE]) for i in range(len(sequence) - _SHINGLE + 1)]


def in_order(positions: Sequence[int]) -> list[int]:
    """Indices of a longest increasing run of `positions` (patience sorting, Fredman 1975): what keeps its order
    when one sequence of distinct things becomes another. The rest has moved (Chawathe et al. 1996,
    AlignChildren)."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, position in enumerate(positions):
        at = bisect.bisect_left(tails, position)
        before.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(position)
            ends.append(index)
        else:
            tails[at] = position
            ends[at] = index
    found: list[int] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]


def unmoved(pairs: Sequence[tuple[int, int]], labels: Sequence[str]) -> set[int]:
    """Indices of the pairs (place before, place after) that keep their order; among equally long runs the one
    whose labels come first, so that swapping all pairs gives the same."""
    forward = sorted(range(len(pairs)), key=lambda i: pairs[i][0])
    backward = sorted(range(len(pairs)), key=lambda i: pairs[i][1])
    one = {forward[i] for i in in_order([pairs[i][1] for i in forward])}
    other = {backward[i] for i in in_order([pairs[i][0] for i in backward])}
    return min(one, other, key=lambda chosen: sorted(labels[i] for i in chosen))


def align(left: Sequence[str], right: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Two sequences side by side: pairs of indices, None where a side has nothing. Equal items are taken in order;
    those that do not keep their order are apart. Of two runs the removed one comes before the added one."""
    places: dict[str, list[int]] = {}
    for index, item in enumerate(right):
        places.setdefault(item, []).append(index)
    pairs: list[tuple[int, int]] = []
    labels: list[str] = []
    used: Counter[str] = Counter()
    for index, item in enumerate(left):
        at = used[item]
        if at < len(places.get(item, ())):
            pairs.append((index, places[item][at]))
            labels.append(f"{item}\0{at}")
            used[item] += 1
    rows: list[tuple[int | None, int | None]] = []
    a = b = 0
    for x, y in [*sorted(pairs[i] for i in unmoved(pairs, labels)), (len(left), len(right))]:
        rows.extend((i, None) for i in range(a, x))
        rows.extend((None, j) for j in range(b, y))
        if x < len(left):
            rows.append((x, y))
        a, b = x + 1, y + 1
    return rows
