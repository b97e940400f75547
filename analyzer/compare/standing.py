"""A tree while its lines are judged: where each line stands, and what is known of those before it.

Not handled: the verdicts themselves (`analyzer.compare.verdicts`).
"""

from collections.abc import Callable, Mapping, Sequence

from analyzer.compare import missing
from analyzer.compare.executed import Execution
from analyzer.compare.judged import Judged
from analyzer.compare.kernel import Kernel
from analyzer.compare.places import Place
from analyzer.model.callgraph import FunctionRef
from analyzer.model.checks import Block, Item

Executes = Callable[[str, Mapping[str, str]], Execution | None]  # a root's name and its bindings


class Standing:
    """The items of a tree by their numbers. `judged` has those that are judged so far; `bound` are the bindings
    that hold, with which `execute` runs the function of a root."""

    def __init__(self, block: Block, kernel: Kernel, bound: Mapping[str, str], execute: Executes | None) -> None:
        self.items = block.items
        self.bound = bound
        self.judged: list[Judged] = []
        self._root = block.directives.root
        self._kernel = kernel
        self._execute = execute if bound else None
        self._executions: dict[int, Execution | None] = {}
        self._first_of: dict[str, int] = {}  # the first line of each function among those that are judged
        self._listed_to = 0
        self._children: dict[int, list[int]] = {}
        self._under_caller: dict[int, list[int]] = {}
        for at, item in enumerate(block.items):
            self._children.setdefault(item.parent, []).append(at)
            self._under_caller.setdefault(self.caller(at), []).append(at)

    def caller(self, at: int) -> int:
        """The item whose function holds this one, -1 for a root: conditions and state lines are no callers."""
        parent = self.items[at].parent
        while parent >= 0 and self.items[parent].kind not in ("call", "pointer"):
            parent = self.items[parent].parent
        return parent

    def skips(self, at: int) -> bool:
        """Whether the note says that it leaves something out between an item and its caller."""
        parent = self.items[at].parent
        while parent >= 0 and self.items[parent].kind not in ("call", "pointer"):
            if self.items[parent].kind == "elided":
                return True
            parent = self.items[parent].parent
        return False

    def children(self, at: int) -> Sequence[int]:
        """The items right below one."""
        return self._children.get(at, ())

    def beside(self, at: int) -> frozenset[str]:
        """The functions that the note has beside this line, under the same caller, so that no way to it goes
        through them unsaid; where the note says that it leaves something out, any may be meant."""
        if self.skips(at):
            return frozenset()
        beside = self._under_caller.get(self.caller(at), ())
        return frozenset(self.items[n].name for n in beside if n != at and self.items[n].kind == "call")

    def place(self, at: int) -> Place | None:
        """Where the kernel should have an item, None for the root of a tree."""
        caller = self.caller(at)
        return self.judged[caller].place if caller >= 0 else self._rooted(at)

    def _rooted(self, at: int) -> Place | None:
        """The function that the note names outside the tree."""
        if not self._root or self.items[at].name == self._root:
            return None
        refs = self._kernel.refs(self._root)
        return Place(refs) if refs and refs != self._kernel.refs(self.items[at].name) else None

    def listing(self, at: int) -> missing.Listed:
        """The judged items that name functions, with those functions, but for the item itself; who only asks for
        them resolves nothing."""

        def functions(number: int) -> Callable[[], Sequence[FunctionRef]]:
            judged = self.judged[number]
            return lambda: judged.place.functions if judged.settled else self._kernel.refs(self.items[number].name)

        for number in range(self._listed_to, len(self.judged)):
            if self.items[number].kind == "call":
                self._first_of.setdefault(self.items[number].name, number)
        self._listed_to = len(self.judged)
        return [(n, functions(n)) for n in self._first_of.values() if n != at]

    def execution(self, item: Item) -> Execution | None:
        """The execution of the root that an item stands under; it costs a moment, so it waits until wanted."""
        if self._execute is None:
            return None
        while item.parent >= 0:
            item = self.items[item.parent]
        if item.line not in self._executions:
            self._executions[item.line] = self._execute(item.name, self.bound)
        return self._executions[item.line]
