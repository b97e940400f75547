"""Placeholders: what stands for the arguments of a macro's use, so that one expansion tells of many uses.

The name is one that no kernel spells. Pasted to other text it stays recognizable (`sys_kcgHole0_`), because the
number ends in an underscore. Not handled: placeholders made a string, which are found inside of literals, too.
"""

import re
from collections.abc import Sequence

_NAME = "kcgHole"
_ONE = re.compile(_NAME + r"(\d+)_")


def placeholder(number: int) -> str:
    """What stands for the argument of that number, counted from 0."""
    return f"{_NAME}{number}_"


def use_of(macro: str, count: int) -> str:
    """The text of a macro's use with placeholders for so many arguments."""
    return f"{macro}({', '.join(map(placeholder, range(count)))})"


def holds_placeholder(text: str) -> bool:
    """Whether a text holds a placeholder."""
    return _NAME in text


def is_placeholder(text: str) -> bool:
    """Whether a text is a placeholder and nothing else."""
    return _ONE.fullmatch(text) is not None


def around(text: str) -> str:
    """What a text has beside placeholders."""
    return _ONE.sub("", text)


def numbers_in(text: str) -> list[int]:
    """The arguments that a text holds the placeholders of, in order."""
    return [int(number) for number in _ONE.findall(text)]


def filled(text: str, values: Sequence[str]) -> str:
    """A text with the arguments put in for their placeholders; nothing for those that the use does not have."""
    if not holds_placeholder(text):
        return text
    return _ONE.sub(lambda m: values[int(m.group(1))] if int(m.group(1)) < len(values) else "", text)
