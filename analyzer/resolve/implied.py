"""What an architecture's own Kconfig decides, whatever a person configures: what its main symbol selects.

Not handled: symbols that are always off, and what other folders' Kconfig files select.
"""

from collections.abc import Iterable, Mapping

from analyzer.model.guards import Truth, evaluate
from analyzer.model.kconfig import Symbol


def implied(symbols: Iterable[Symbol], known: Mapping[str, str]) -> Mapping[str, str]:
    """The symbols (`CONFIG_X`) that are `y` once the known ones are as they are; these are left out."""
    values = dict(known)

    def truth(atom: str) -> Truth:
        value = values.get(atom)
        return None if value is None else value == "y"

    def holds(guard: str) -> bool:
        return not guard or evaluate(guard, truth) is True

    blocks = [(f"CONFIG_{symbol.name}", symbol) for symbol in symbols]
    before = -1
    while len(values) > before:
        before = len(values)
        for name, block in blocks:
            conditions = (block.always, *block.depends)
            if name not in values and all(c is not None and holds(c) for c in conditions):
                values[name] = "y"
            if values.get(name) == "y":
                for other, condition in block.selects:
                    if f"CONFIG_{other}" not in values and holds(condition):
                        values[f"CONFIG_{other}"] = "y"
    return {name: value for name, value in values.items() if name not in known}
