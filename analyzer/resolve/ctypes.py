"""C types as far as resolution needs them, and their spelling in facts.

Not handled: sizes, qualifiers, bit widths, function parameters' types.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from analyzer.resolve.cursor import Cursor
from analyzer.resolve.tokens import Token, close_of


class Base(NamedTuple):
    """An arithmetic type, void, an enum, or a name that nothing defines."""

    name: str


class Rec(NamedTuple):
    """A struct or union by tag, as seen from a file."""

    tag: str
    file: str


class Ptr(NamedTuple):
    """A pointer."""

    to: "Type | None"


class Arr(NamedTuple):
    """An array."""

    of: "Type | None"


class Fun(NamedTuple):
    """A function."""

    returns: "Type | None"


Type = Base | Rec | Ptr | Arr | Fun

_QUALIFIERS = frozenset(
    """
    const volatile restrict __restrict__ __restrict static inline extern register auto __extension__ _Atomic
    __const __volatile__ __user __rcu __iomem __percpu __force __kernel typedef noinline __signed__
    """.split()
)
TYPEOF = frozenset(("typeof", "__typeof__", "__typeof", "typeof_unqual", "__typeof_unqual__"))
_ARITHMETIC = frozenset(
    """
    unsigned signed long short int char void float double _Bool bool __int128
    """.split()
)

SIZES = frozenset(("size_t", "ssize_t"))  # kept apart from `long`, which may hold an address
_NUMBERS = (_ARITHMETIC - {"void"}) | SIZES | {"enum"}


def pointee(type_: Type | None) -> Type | None:
    """What a pointer or array leads to."""
    if isinstance(type_, Ptr):
        return type_.to
    if isinstance(type_, Arr):
        return type_.of
    return type_


def followed_backwards(type_: Type | None) -> bool:
    """Whether a called value may come out of something of a type, so that `flow` looks for what is put there: not
    out of a pointer to a struct nor an array of structs. Unions and a `long` may hold an address, and arrays of
    `int` offsets (initcalls are kept so); other numbers hold none, sizes neither, and lead everywhere."""
    pointed = False
    while isinstance(type_, Arr | Ptr):
        type_, pointed = (type_.of if isinstance(type_, Arr) else type_.to), True
    if isinstance(type_, Base) and is_number(type_):
        words = type_.name.split()
        return "int" in words if pointed else words.count("long") == 1
    return not pointed or not isinstance(type_, Rec)


def followed_forwards(type_: Type | None, *, offsets: bool = False) -> bool:
    """Whether `holders` follows a function's address into something of a type: an unknown one, a pointer to a
    function, to void or to such a pointer (`offsets`: also one to an `int` that stands for an address). Narrower
    than `followed_backwards`: what a number is read for leads everywhere."""
    if type_ is None:
        return True
    if isinstance(type_, Ptr | Arr):
        inner = pointee(type_)
        if isinstance(inner, Base):
            return not is_number(inner) or (offsets and inner.name == "int")
        return followed_forwards(inner, offsets=offsets)
    return isinstance(type_, Fun) or (isinstance(type_, Base) and type_.name != "void" and not is_number(type_))


def is_number(type_: Type | None) -> bool:
    """Whether a type is arithmetic, or an enum."""
    return isinstance(type_, Base) and not _NUMBERS.isdisjoint(type_.name.split())


def _combined(name: str, word: str) -> str:
    """The name of an arithmetic type with one more word: of several words only how long it is counts."""
    if not name or word in ("double", "char", "short"):
        return word
    if word == "long":
        return "long long" if name == "long" else "long"
    return name if name in ("long", "long long", "char", "short") else "int"


def is_type_start(tokens: Sequence[Token], at: int, is_typedef: Callable[[str], bool]) -> bool:
    """Whether a type begins at this token."""
    if at >= len(tokens):
        return False
    text = tokens[at].text
    return (
        text
        in (
            "struct",
            "union",
            "enum",
            "typeof",
            "__typeof__",
            "__typeof",
            "typeof_unqual",
            "__typeof_unqual__",
            "__auto_type",
            "auto",
        )
        or text in _QUALIFIERS
        or text in _ARITHMETIC
        or (tokens[at].is_name and is_typedef(text))
    )


class TypeReader(Cursor):
    """Reads type names from tokens. `named` gives a typedef's type, `of` the type of an expression,
    `file` is where tags are looked up."""

    def __init__(
        self,
        tokens: Sequence[Token],
        at: int,
        *,
        file: str,
        named: Callable[[str], Type | None],
        of: Callable[[Sequence[Token]], Type | None],
        is_typedef: Callable[[str], bool],
    ) -> None:
        super().__init__(tokens, at)
        self._file = file
        self._named = named
        self._of = of
        self._is_typedef = is_typedef

    def specifiers(self) -> Type | None:
        """The type before any declarator; leaves `at` behind it."""
        found: Type | None = None
        while self.at < len(self.tokens):
            text = self.peek()
            if text in _QUALIFIERS:
                self.at += 1
            elif text in ("struct", "union", "enum"):
                found = self._tagged(text)
            elif text in _ARITHMETIC:
                if not isinstance(found, Base) or found.name != "void":
                    found = Base(_combined(found.name if isinstance(found, Base) else "", text))
                self.at += 1
            elif text in TYPEOF:
                self.at += 1
                if self.peek() != "(":
                    return found
                inside = self.bracketed()
                if inside is None:
                    return None
                found = self._typeof(inside)
            elif text == "__attribute__":
                self._skip_attribute()
            elif found is None and self.tokens[self.at].is_name:
                found = Base(text) if text in SIZES else self._named(text) or Base(text)
                self.at += 1
            else:
                break
        return found

    def _tagged(self, keyword: str) -> Type:
        self.at += 1
        while self.peek() in ("__attribute__", "__packed"):
            self._skip_attribute()
        tag = self._tag()
        if self.peek() == "{":
            self.skip_brackets()
        return Base(f"enum {tag}") if keyword == "enum" else Rec(tag, self._file)

    def _typeof(self, inside: Sequence[Token]) -> Type | None:
        """The type of what stands between the parentheses."""
        if not is_type_start(inside, 0, self._is_typedef):
            return self._of(inside)
        reader = TypeReader(
            inside, 0, file=self._file, named=self._named, of=self._of, is_typedef=self._is_typedef
        )
        return reader.whole()

    def _skip_attribute(self) -> None:
        self.at += 1
        if self.peek() == "(":
            self.skip_brackets()

    def _tag(self) -> str:
        parts: list[str] = []
        while self.at < len(self.tokens):
            text = self.peek()
            if text == ":" or (self.tokens[self.at].is_name and (not parts or parts[-1] == ":")):
                parts.append(text)
                self.at += 1
            else:
                break
        return "".join(parts)

    def whole(self) -> Type | None:
        """A type name with its abstract declarator."""
        base = self.specifiers()
        return self.declarator(base)[0]

    def declarator(self, base: Type | None) -> tuple[Type | None, str]:
        """A declarator applied to `base`: the type and the declared name (empty if abstract)."""
        type_ = base
        while self.peek() in ("*", "^") or self.peek() in _QUALIFIERS:
            if self.peek() == "*":
                type_ = Ptr(type_)
            self.at += 1
        name = ""
        inner: tuple[int, int] | None = None
        text = self.peek()
        if text == "(" and self._is_nested():
            end = close_of(self.tokens, self.at)
            if end < 0:
                return type_, ""
            inner = (self.at + 1, end)
            self.at = end + 1
        elif self.at < len(self.tokens) and self.tokens[self.at].is_name:
            name = text
            self.at += 1
        suffixes: list[str] = []
        while self.peek() in ("[", "("):
            suffixes.append(self.peek())
            self.skip_brackets()
        for suffix in reversed(suffixes):
            type_ = Arr(type_) if suffix == "[" else Fun(type_)
        if inner is not None:
            after = self.at
            tokens = self.tokens
            self.tokens = tokens[: inner[1]]
            self.at = inner[0]
            type_, name = self.declarator(type_)
            self.tokens = tokens
            self.at = after
        return type_, name

    def _is_nested(self) -> bool:
        """Whether `(` opens a nested declarator rather than parameters."""
        following = self.peek(1)
        return following in ("*", "(", "^") or following in _QUALIFIERS
