"""`uftrace graph`: a call graph with counts, drawn with bars.

A function below another in the same column is called by it (single calls do not indent); a function after `+-`
is called by the last one of the column to the left. The first line is the program, not a function, unless the
graph was asked for one function; then a backtrace stands before it.

Not handled: `--task`, which shows processes, and the HTML form.
"""

import re

from analyzer.extract.symbols import is_entry, plain_symbol
from analyzer.model.trace import ObservedCall, Trace

_HEAD = "# Function Call Graph for "
# `  46.626 us :  +-(2) foo [kernel/foo.c:12]`; without fields nothing stands before the bars.
_LINE = re.compile(r"^(?:[^(]*? :(?= ) ?)?(?P<bars>[\s|+-]*)\((?P<count>\d+)\) (?P<name>[A-Za-z_][\w.$:]*)")
_STEP = re.compile(r"^\s+\[(\d+)\] ([A-Za-z_][\w.$:]*) \(0x[0-9a-f]+\)")
_HIT = re.compile(r"^\s*backtrace #\d+: hit (\d+)")


class GraphReader:
    """Reads such a graph line by line."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], list[int]] = {}
        self._functions: dict[str, None] = {}
        self._roots: dict[str, None] = {}
        self._interrupts: dict[str, int] = {}
        self._columns: dict[int, str] = {}
        self._asked = False  # for one function, so that the first line is one
        self._hits = 0
        self._outer = ""
        self._unread = 0

    def line(self, text: str, number: int) -> None:
        """One line, without its end."""
        if text.startswith(_HEAD):
            self._columns, self._asked, self._outer = {}, False, ""
        elif (hit := _HIT.match(text)) is not None:
            self._asked, self._hits, self._outer = True, int(hit[1]), ""
        elif (step := _STEP.match(text)) is not None:
            name = plain_symbol(step[2])
            self._call(self._outer, name, self._hits, number)
            self._outer = name
        elif (found := _LINE.match(text)) is not None:
            self._function(found, number)
        elif not re.match(r"^[#=].*|[\s\d.:|a-z]*$", text):
            self._unread += 1

    def finish(self, name: str) -> Trace:
        """What was read."""
        return Trace(
            name,
            "uftrace graph",
            tuple(ObservedCall(*pair, count, name, line) for pair, (count, line) in self._calls.items()),
            tuple(self._functions),
            tuple(self._roots),
            tuple(self._interrupts.items()),
            unread=self._unread,
        )

    def _function(self, found: re.Match[str], number: int) -> None:
        name, bars = plain_symbol(found["name"]), found["bars"]
        column = len(bars)
        branches = bars.endswith("-")
        # `+-` may lead over several columns: the branching one is that of the last plus.
        parent = self._columns.get(bars.rindex("+") - 1 if branches and "+" in bars else column, "")
        first = not self._columns
        if branches:
            self._columns = {at: known for at, known in self._columns.items() if at < column}
        self._columns[column] = name if self._asked or not first else ""
        if first and not self._asked:
            return
        self._call("" if first else parent, name, int(found["count"]), number)

    def _call(self, caller: str, callee: str, count: int, number: int) -> None:
        if ":" in callee:  # an event such as linux:schedule
            return
        self._functions.setdefault(callee)
        if is_entry(callee) and not is_entry(caller):
            self._interrupts[callee] = self._interrupts.get(callee, 0) + count
        elif caller:
            self._calls.setdefault((caller, callee), [0, number])[0] += count
        else:
            self._roots.setdefault(callee)
