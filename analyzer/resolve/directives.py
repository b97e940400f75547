"""Macros by name, as single files define and undefine them.

Not handled: what other files say of the same names.
"""

import re
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence

from analyzer.extract.conditionals import analyse
from analyzer.extract.lexical import lex, line_starts
from analyzer.model.facts import Macro
from analyzer.resolve.index import Index
from analyzer.resolve.macros import MacroDefinition, macro_definition

_IF = re.compile(rb"^[ \t]*#[ \t]*(?:el)?if\b([^\n]*)", re.M)
_VALUE = re.compile(rb"(?<!defined\()(?<!defined )(?<!defined \()\b(?!defined\b)[A-Za-z_]\w*")
_MAX_NAMED = 400  # files whose macros are kept by name


class Directives:
    """The `#define`s and `#undef`s of files."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._macros: dict[tuple[str, str], tuple[MacroDefinition, ...]] = {}
        self._by_name: OrderedDict[str, Mapping[str, Sequence[Macro]]] = OrderedDict()
        self._undefs: dict[str, dict[int, str]] = {}
        self._redefined: dict[str, Collection[str]] = {}
        self._asked: dict[str, frozenset[str]] = {}

    def macros(self, path: str, name: str) -> tuple[MacroDefinition, ...]:
        """The definitions of a macro in a file, tokenized once."""
        key = (path, name)
        found = self._macros.get(key)
        if found is None:
            found = self._macros[key] = tuple(
                macro_definition(m.name, m.parameters, m.variadic, m.body, path, m.line, m.guard)
                for m in self._macros_of(path).get(name, ())
            )
        return found

    def undefs(self, path: str, name: str) -> tuple[tuple[int, str], ...]:
        """The lines of a file that end a macro's definition, and the conditions they stand under."""
        lines = [u.line for u in self._index.facts(path).undefs if u.name == name]
        if not lines:
            return ()
        guards = self._undefs.get(path)
        if guards is None:
            text = self._index.text(path)
            conditionals = analyse(lex(text).directives, len(text))
            starts = line_starts(text)
            guards = self._undefs[path] = {
                u.line: conditionals.guard_at(starts[u.line - 1]) for u in self._index.facts(path).undefs
            }
        return tuple((line, guards[line]) for line in lines)

    def redefined(self, path: str) -> Collection[str]:
        """The macros that a file undefines somewhere and defines more than once."""
        found = self._redefined.get(path)
        if found is None:
            undone = dict.fromkeys(u.name for u in self._index.facts(path).undefs)
            found = self._redefined[path] = tuple(n for n in undone if len(self.macros(path, n)) > 1)
        return found

    def asked(self, path: str) -> frozenset[str]:
        """The names for whose values a file's `#if`s and `#elif`s ask: those not in `defined(…)`."""
        found = self._asked.get(path)
        if found is None:
            lines = (line.partition(b"/*")[0].partition(b"//")[0] for line in _IF.findall(self._index.text(path)))
            found = self._asked[path] = frozenset(name.decode() for line in lines for name in _VALUE.findall(line))
        return found

    def renewed(self, path: str) -> frozenset[str]:
        """The macros that a file ends and then defines."""
        undefs = self._index.facts(path).undefs
        return frozenset(u.name for u in undefs if any(d.line > u.line for d in self.macros(path, u.name)))

    def _macros_of(self, path: str) -> Mapping[str, Sequence[Macro]]:
        """A file's macros by name."""
        found = self._by_name.get(path)
        if found is None:
            by_name: dict[str, list[Macro]] = {}
            for macro in self._index.facts(path).macros:
                by_name.setdefault(macro.name, []).append(macro)
            found = self._by_name[path] = by_name
            if len(self._by_name) > _MAX_NAMED:
                self._by_name.popitem(last=False)
        else:
            self._by_name.move_to_end(path)
        return found
