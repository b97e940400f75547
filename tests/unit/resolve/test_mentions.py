"""Words of a body with the conditions that they stand under."""

from analyzer.resolve.mentions import mentions

BODY = b"""{
	/* current */ say("current");
#ifdef CONFIG_X
	use(current);
#else
	other;
#endif
}"""


def test_words_outside_literals_comments_and_directives() -> None:
    found = list(mentions(BODY))
    assert [(word, guard) for word, _, guard in found] == [
        ("say", ""),
        ("use", "CONFIG_X"),
        ("current", "CONFIG_X"),
        ("other", "!CONFIG_X"),
    ]
    assert all(BODY[at : at + len(word)] == word.encode() for word, at, _ in found)
