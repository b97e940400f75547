"""Names that a kernel does not have: misspelled, renamed, gone.

A function is called renamed when another version has it, and a caller that is in both calls a similar function
here that it did not call there. Not handled: functions that were split or merged.
"""

import difflib
from collections.abc import Sequence

from analyzer.compare.kernel import Kernel
from analyzer.model.callgraph import Edge, FunctionRef, Location
from analyzer.model.checks import Verdict

_SIMILAR = 0.6
_SURE = 0.8
_CERTAIN = 0.9


class Renames:
    """Answers about one kernel with the help of others, which are ordered from old to new."""

    def __init__(self, kernel: Kernel, others: Sequence[Kernel]) -> None:
        self._kernel = kernel
        self._others = others

    def verdict(self, name: str, callers: Sequence[FunctionRef], listed: frozenset[str]) -> Verdict:
        """Why there is no function of that name. `listed`: names that the note has already."""
        home = next((o for o in reversed(self._others) if o.refs(name)), None)
        if home is not None:
            return self._renamed(name, callers, listed, home)
        best = self._alike(name, callers, listed)
        if best is not None and best.callee is not None:
            return Verdict(
                "unknown-function",
                f"no function is called {name}; {best.caller.name} calls {best.callee.name}",
                nearest=best.callee.name,
                place=best.site,
                fix=("name", best.callee.name),
            )
        near = [n for n in self._kernel.near(name) if n not in listed]
        inside = next((c.name for c in callers if _ratio(name, c.name) >= _SURE), "")
        if inside and not (near and _ratio(name, near[0]) > _ratio(name, inside)):
            site = next(Location(c.file, c.line) for c in callers if c.name == inside)
            told = f"no function is called {name}; {inside} does it all"
            return Verdict("unknown-function", told, place=site)
        if not near:
            return Verdict("unknown-function", f"no function is called {name}")
        refs = self._kernel.refs(near[0])
        place = Location(refs[0].file, refs[0].line) if refs and not refs[0].external else None
        return Verdict(
            "unknown-function",
            f"no function is called {name}; did you mean {near[0]}?",
            nearest=near[0],
            place=place,
            fix=("name", near[0]) if _ratio(name, near[0]) >= _CERTAIN else None,
        )

    def instead(self, verdict: Verdict) -> tuple[FunctionRef, ...]:
        """The functions under which an unknown one's lines may still be looked for."""
        return self._kernel.refs(verdict.nearest) if verdict.nearest else ()

    def _renamed(self, name: str, callers: Sequence[FunctionRef], listed: frozenset[str], home: Kernel) -> Verdict:
        fresh: list[Edge] = []
        for caller in callers:
            before = {
                e.callee.name for ref in home.refs(caller.name) for e in home.callees(ref) if e.callee is not None
            }
            if name not in before:
                continue
            fresh += [e for e in self._kernel.callees(caller) if e.callee and e.callee.name not in before | listed]
        ranked = sorted(fresh, key=lambda e: -_ratio(name, e.callee.name if e.callee else ""))
        if (
            ranked
            and ranked[0].callee
            and (_ratio(name, ranked[0].callee.name) >= _SIMILAR or len(_names(fresh)) == 1)
        ):
            new = ranked[0].callee.name
            return Verdict(
                "renamed",
                f"{home.version} has {name}; since {self._since(name, home)} it is {new}",
                nearest=new,
                place=ranked[0].site,
                fix=("name", new),
            )
        return Verdict("gone", f"{name} is in {home.version}, but not in {self._kernel.version}")

    def _since(self, name: str, home: Kernel) -> str:
        """The first of the known versions after the last that has it."""
        versions = list(self._others)
        at = versions.index(home)
        later = next((o for o in versions[at + 1 :] if not o.refs(name)), None)
        return later.version if later else self._kernel.version

    def _alike(self, name: str, callers: Sequence[FunctionRef], listed: frozenset[str]) -> Edge | None:
        edges = [
            e
            for c in callers
            for e in self._kernel.callees(c)
            if e.callee is not None and e.callee.name not in listed
        ]
        best = max(edges, key=lambda e: _ratio(name, e.callee.name if e.callee else ""), default=None)
        if best is None or best.callee is None or _ratio(name, best.callee.name) < _SURE:
            return None
        return best


def _names(edges: Sequence[Edge]) -> set[str]:
    return {e.callee.name for e in edges if e.callee}


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()
