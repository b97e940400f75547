"""What an architecture's own Kconfig decides, whatever a person configures: what its main symbol selects.

Not handled: symbols that are always off, and what other folders' Kconfig files select.
"""

from collections.abc import Iterable, Mapping

from analyzer.model.guards import Truth, evaluate
from analyzer.model.kconfig import Symbol


def implied(symbols: Iterable[Symbol], known: Mapping[str, str]) -> Mapping[str, str]:
    """The symbols (`CONFIG_X`) that are `y` once the known ones are as they are; these are left out."""
    blocks: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        blocks.setdefault(f"CONFIG_{symbol.name}", []).append(symbol)
    values = dict(known)

    def truth(atom: str) -> Truth:
        value = values.get(atom)
        return None if value is None else value == "y"

    def holds(guard: str) -> bool:
        return not guard or evaluate(guard, truth) is True

    todo = list(blocks)
    while todo:
        fresh: set[str] = set()
        for name in todo:
            for block in blocks[name]:
                conditions = (block.always, *block.depends)
                if name not in values and all(c is not None and holds(c) for c in conditions):
                    values[name] = "y"
                    fresh.add(name)
                if values.get(name) == "y":
                    for other, condition in block.selects:
                        selected = f"CONFIG_{other}"
                        if selected not in values and holds(condition):
                            values[selected] = "y"
                            fresh.add(selected)
        todo = list(blocks) if fresh else []
    return {name: value for name, value in values.items() if name not in known}
