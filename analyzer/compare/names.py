"""Names that a kernel does not have: misspelled, renamed, gone.

A function is called renamed when another version has it, and a caller that is in both calls a similar function
here that it did not call there. Not handled: functions that were split or merged.
"""

import difflib
import re
from collections.abc import Sequence

from analyzer.compare.kernel import Kernel
from analyzer.compare.spoken import SaidCall
from analyzer.compare.texts import last_name
from analyzer.model.callgraph import FunctionRef, Location
from analyzer.model.checks import Verdict

_TELLING = 5  # letters of a member that tell something in a function's name
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
        having = [o for o in self._others if o.refs(name)]
        mine = _number(self._kernel.version)
        home = min(
            having, key=lambda o: (_number(o.version) > mine, [-n for n in _number(o.version)]), default=None
        )
        if home is not None:
            return self._renamed(name, callers, listed, home)
        if best := self._alike(name, callers, listed):
            caller, called = best
            return Verdict(
                "unknown-function",
                f"no function is called {name}; {caller.name} calls {called}",
                nearest=called,
                place=self._site(caller, called),
                fix=("name", called),
            )
        if through := self._through(name, callers):
            caller, call = through
            told = f"no function is called {name}; {caller.name} calls {call.callee}"
            return Verdict("unknown-function", told, nearest=call.callee, place=Location(caller.file, *call.start))
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
        fresh: list[tuple[FunctionRef, str]] = []
        for caller in callers:
            before = {n for ref in home.refs(caller.name) for n in home.called(ref)}
            if name in before:
                fresh += [(caller, n) for n in self._kernel.called(caller) if n and n not in before | listed]
        ranked = sorted(fresh, key=lambda f: -_ratio(name, f[1]))
        if ranked and _ratio(name, ranked[0][1]) >= _SIMILAR:
            caller, new = ranked[0]
            newer = _number(home.version) > _number(self._kernel.version)
            told = f"here it is still {new}" if newer else f"since {self._since(home)} it is {new}"
            return Verdict(
                "renamed",
                f"{home.version} has {name}; {told}",
                nearest=new,
                place=self._site(caller, new),
                fix=("name", new),
            )
        told = f"{name} is in {home.version}, but not in {self._kernel.version}"
        if through := self._through(name, callers):
            caller, call = through
            told += f"; here {caller.name} calls {call.callee}"
            return Verdict("gone", told, nearest=call.callee, place=Location(caller.file, *call.start))
        return Verdict("gone", told)

    def _since(self, home: Kernel) -> str:
        """The first of the known versions after one."""
        after = [o.version for o in (*self._others, self._kernel) if _number(o.version) > _number(home.version)]
        return min(after, key=_number, default=self._kernel.version)

    def _alike(
        self, name: str, callers: Sequence[FunctionRef], listed: frozenset[str]
    ) -> tuple[FunctionRef, str] | None:
        """The call of one of the functions that looks most like a name."""
        calls = [(c, n) for c in callers for n in self._kernel.called(c) if n and n not in listed]
        best = max(calls, key=lambda call: _ratio(name, call[1]), default=None)
        return best if best is not None and _ratio(name, best[1]) >= _SURE else None

    def _through(self, name: str, callers: Sequence[FunctionRef]) -> tuple[FunctionRef, SaidCall] | None:
        """A call through a pointer that a function of that name could have wrapped: `call_read_iter` and
        `filp->f_op->read_iter`."""
        for caller in callers:
            for call in self._kernel.spoken(caller).calls:
                member = last_name(call.callee) if not call.name else ""
                if len(member) >= _TELLING and member in name:
                    return caller, call
        return None

    def _site(self, caller: FunctionRef, called: str) -> Location:
        said = self._kernel.spoken(caller)
        start = next((c.start for c in said.calls if c.name == called), (caller.line, 1))
        return Location(caller.file, *start)


def _number(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()
