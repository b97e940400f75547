"""Words of C that the repairs ask for."""

from analyzer.extract.repair.tokens import WORD, Piece

BASIC = frozenset(b"unsigned signed long short int char void float double _Bool".split())
TYPE_WORDS = BASIC | frozenset(b"struct union enum const volatile bool".split())
STORAGE = frozenset(
    b"_Atomic static extern inline __inline __inline__ register typedef const volatile auto".split()
)
CONTROL = frozenset(b"if while for switch".split())
JUMPS = frozenset(b"return goto break continue".split())
ASM = frozenset(b"asm __asm__ __asm".split())
ALIGNOF = frozenset(b"__alignof__ __alignof _Alignof alignof".split())
NO_CALLEE = (
    CONTROL
    | ASM
    | frozenset(b"return sizeof else do case goto typeof __typeof__ struct union enum _Generic".split())
)
BEGIN_STATEMENT = CONTROL | JUMPS | frozenset(b"do case default else".split())
BINARY_START = frozenset(b"/ % < > <= >= == != && || | ^ = ?".split())  # cannot begin an expression
OPERATORS = BINARY_START | frozenset(b"+ - * & ! ~ += -= *= /= |= &= ^= %= << >> <<= >>= -> . ... : ++ --".split())
STRAY = frozenset(b"@ \\ ` $ #".split())  # no C at all


def plain(piece: Piece, first: int, last: int) -> bool:
    """Whether the tokens `first` to `last` are words and stars only."""
    return all(piece.kind[k] in (WORD, b"*") for k in range(first, last + 1))
