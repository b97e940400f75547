"""Reading tokens from left to right: what the readers of types, of expressions' types and of their values share.

Brackets that nothing closes reach to the end.
"""

from collections.abc import Sequence

from analyzer.resolve.tokens import Token, close_of


class Cursor:
    """Tokens, and the index `at` of the one that is read next."""

    def __init__(self, tokens: Sequence[Token], at: int = 0) -> None:
        self.tokens = tokens
        self.at = at

    def peek(self, ahead: int = 0) -> str:
        """The text of a token further on, "" behind the last."""
        at = self.at + ahead
        return self.tokens[at].text if at < len(self.tokens) else ""

    def skip_brackets(self) -> None:
        """Go behind the bracket that closes the one here."""
        self.at = close_of(self.tokens, self.at) + 1 or len(self.tokens)

    def bracketed(self) -> Sequence[Token] | None:
        """What stands between the bracket here and the one that closes it, None when none does. Goes behind it."""
        opening, closing = self.at, close_of(self.tokens, self.at)
        self.at = closing + 1 or len(self.tokens)
        return self.tokens[opening + 1 : closing] if closing >= 0 else None
