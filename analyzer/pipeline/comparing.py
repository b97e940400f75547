"""Two kernels compared: opens both on one store, walks their trees together and looks at what these use.

What was found is kept in the store, so that asking again costs only checking that both sources are the same.
Not handled: configurations that differ between the two sides.
"""

import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

import analyzer
from analyzer.compare import declarations, statements
from analyzer.compare.merging import Merger
from analyzer.compare.walk import CROWD, FUNCTIONS, TARGETS, Limits, Walk
from analyzer.errors import KcgError, UnknownNameError
from analyzer.graph.hide import parse_hide
from analyzer.graph.rooted import grow
from analyzer.graph.sites import Fold
from analyzer.model.callgraph import Edge, Function, FunctionRef
from analyzer.model.difference import (
    Change,
    Compared,
    ConstantsChange,
    Difference,
    SignatureChange,
    TypeChange,
)
from analyzer.pipeline.bindings import parse_bindings
from analyzer.pipeline.indexing import Progress
from analyzer.pipeline.narrowing import Narrowed
from analyzer.pipeline.partners import Partner
from analyzer.pipeline.session import Session, open_session
from analyzer.pipeline.usage import KernelSide

_LARGE = 2_000  # files of a kernel that is worth a process of its own
_FAMILY = 4  # constants with a common prefix that make a family


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared. `targets`: followed per computed call, 0 is all. `bind` are `parameter=constant` of the
    root; both trees hold only what is reached then. `narrow` does so without any."""

    root: str
    depth: int
    hide: str = "default"
    targets: int | None = None
    bind: tuple[str, ...] = ()
    narrow: bool = False


@contextmanager
def opened(
    sources: Sequence[str],
    *,
    arch: str = "x86",
    config: str | None = None,
    store: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Session, ...]]:
    """Sessions on several kernels, all with one store. Raises SourceError and StoreError."""
    with ExitStack() as stack:
        sessions: list[Session] = []
        for source in sources:
            session = open_session(source, arch=arch, config=config, store=store, jobs=jobs, progress=progress)
            stack.callback(session.close)
            sessions.append(session)
        yield tuple(sessions)


def spelled(source: str, repository: str | None) -> str:
    """A source as a person writes it: a path, REPOSITORY@REVISION, or a revision of the repository given apart."""
    if repository is None or "@" in source or Path(source).expanduser().exists():
        return source
    return f"{repository.partition('@')[0]}@{source}"


def compare(before: Session, after: Session, question: Question) -> Difference:
    """What differs between two kernels in what a function does. Raises KcgError for unknown names and
    spellings."""
    hide = parse_hide(question.hide)
    asked = [_code(), after.answers.identity, question.root, question.depth, hide.describe(), question.targets]
    bindings = parse_bindings(question.bind)
    if bindings or question.narrow:
        asked.append(sorted(bindings.items()))

    def make() -> Difference:
        roots = find_both(before, after, question.root)
        if bindings or question.narrow:
            sides = _narrowed((before, after), roots, question, bindings)
            return _Comparison(*sides, question).run(*roots)
        with _partner(before, after) as partner:
            return _Comparison(KernelSide(before, partner=partner), KernelSide(after), question).run(*roots)

    found = before.answers.kept(f"diff {msgspec.json.encode(asked).decode()}", Difference, make)
    return msgspec.structs.replace(
        found,
        before=msgspec.structs.replace(found.before, label=before.info.label),
        after=msgspec.structs.replace(found.after, label=after.info.label),
        hide=question.hide,
        bind=tuple(f"{name}={value}" for name, value in bindings.items()),
    )


@contextmanager
def _partner(before: Session, after: Session) -> Iterator[Partner | None]:
    """A process for the older kernel, None where it would cost more than it saves."""
    if before is after or before.reopen is None or before.jobs < 2 or len(before.stored.paths()) < _LARGE:
        yield None
        return
    partner = Partner(before.reopen)
    try:
        yield partner
    finally:
        partner.close()


def _narrowed(
    sessions: tuple[Session, Session],
    roots: tuple[Function, Function],
    question: Question,
    bindings: Mapping[str, str],
) -> tuple[KernelSide, KernelSide]:
    """Both kernels under bindings, each under those of its own root's parameters. Raises KcgError for a binding of
    no parameter on either side, or to no constant."""
    parameters = [{p.name for p in root.parameters} for root in roots]
    for name in bindings:
        if not any(name in names for names in parameters):
            known = ", ".join(dict.fromkeys(p.name for root in roots for p in root.parameters if p.name))
            raise KcgError(
                f"{roots[1].ref.name} has no parameter {name} in either kernel.",
                hint=f"It has {known}." if known else "It has none.",
            )
    hide = parse_hide(question.hide)
    made: list[KernelSide] = []
    for session, root, names in zip(sessions, roots, parameters, strict=True):
        own = {name: value for name, value in bindings.items() if name in names}
        narrowed = Narrowed(session, root, own, depth=question.depth, hide=hide)
        grown = functools.partial(
            grow, root.ref, depth=question.depth, hide=hide, fold=Fold(_targets(question)), limit=FUNCTIONS
        )
        narrowed.grown(grown)
        made.append(KernelSide(session, narrowed))
    return made[0], made[1]


def _targets(question: Question) -> int | None:
    return TARGETS if question.targets is None else question.targets or None


def find_both(before: Session, after: Session, name: str) -> tuple[Function, Function]:
    """The function in both kernels; one that only a side has may be there under a file's name. Raises KcgError
    that says which side lacks it."""
    found: list[Function] = []
    for session in (before, after):
        try:
            found.append(session.find(name))
        except UnknownNameError as error:
            message = f"{error.message.rstrip('.')} ({session.info.label})."
            raise UnknownNameError(message, suggestions=error.suggestions, hint=error.hint) from error
        except KcgError as error:
            error.message = f"{error.message.rstrip('.')} (in {session.info.label})."
            raise
    return found[0], found[1]


def drawn(difference: Difference) -> str:
    """The merged graph as SVG. Raises OutputError when nothing can draw it."""
    from analyzer.io.graphviz import render_dot
    from analyzer.render.diffgraph import difference_dot

    return render_dot(difference_dot(difference), "svg").decode()


class _Comparison:
    def __init__(self, before: KernelSide, after: KernelSide, question: Question) -> None:
        self.before = before
        self.after = after
        self.question = question
        self.hide = hide = parse_hide(question.hide).showing({question.root})
        limits = Limits(question.depth, _targets(question), CROWD if question.targets is None else None)
        self.walk = Walk(before, after, limits, hides=hide.hides if hide else None)

    def run(self, one: Function, other: Function) -> Difference:
        """Everything that differs below a pair of roots."""
        self.walk.run((one.ref, other.ref))
        merger = Merger(self.walk, self.statements)
        tree = merger.tree((one.ref, other.ref))
        return Difference(
            before=_compared(self.before.session, one),
            after=_compared(self.after.session, other),
            depth=self.question.depth,
            hide=self.question.hide,
            counts=merger.counts(),
            tree=tree,
            restructured=tuple(sorted(merger.restructured)),
            renamed=merger.renamed(),
            moved=tuple(sorted(merger.moved)),
            signatures=tuple(self.signatures()),
            types=tuple(self.types()),
            targets=tuple(merger.targets.values()),
            constants=tuple(self.constants()),
            macros=tuple(sorted(self.walk.matcher.macros)),
            unclear=tuple(f"{call} in {name}" for name, call in self.walk.matcher.unclear),
        )

    def statements(
        self,
        before: FunctionRef,
        after: FunctionRef,
        older: tuple[FunctionRef, ...],
        newer: tuple[FunctionRef, ...],
    ) -> tuple[Change, ...]:
        """What differs between two bodies beside their calls; `older` and `newer` hold parts of them, too."""
        if self.before.tokens(before) == self.after.tokens(after):
            return ()
        return statements.differences(
            self.before.statements(before, self.hide),
            self.after.statements(after, self.hide),
            elsewhere_before=[s for ref in older for s in self.before.statements(ref, self.hide)],
            elsewhere_after=[s for ref in newer for s in self.after.statements(ref, self.hide)],
        )

    def _pairs(self, *, expanded: bool) -> Iterable[tuple[FunctionRef, FunctionRef]]:
        for (before, after), meeting in self.walk.meetings.items():
            if not before or not after or before.external or after.external:
                continue
            if meeting.expanded or not expanded:
                yield before, after

    def signatures(self) -> Iterable[SignatureChange]:
        """Functions of the tree that are declared otherwise, in the order of the walk."""
        for before, after in self._pairs(expanded=False):
            one, other = self.before.function(before), self.after.function(after)
            if one is not None and other is not None:
                change = declarations.signature(one, other)
                if change is not None:
                    yield change

    def types(self) -> Iterable[TypeChange]:
        """Structs and ops tables that the tree's functions use."""
        pairs = list(self._pairs(expanded=True))
        used = self.before.members(p for p, _ in pairs) | self.after.members(p for _, p in pairs)
        left = self.before.tags(before for before, _ in pairs)
        right = self.after.tags(after for _, after in pairs)
        for struct in self._slots():
            left.setdefault(struct, set())
            right.setdefault(struct, set())
        for tag in sorted({*left, *right}):
            change = declarations.record(
                self.before.record(tag, left.get(tag, ())), self.after.record(tag, right.get(tag, ())), used
            )
            if change is not None:
                yield change
        for name, (one, other) in sorted(self._tables().items()):
            change = declarations.table(self.before.table(name, one), self.after.table(name, other), used)
            if change is not None:
                yield change

    def _slots(self) -> set[str]:
        """The structs that computed calls go through."""
        found: set[str] = set()
        for meeting in self.walk.meetings.values():
            for row in meeting.rows:
                for group in (row.before, row.after):
                    if group is not None and group.edge.slot is not None:
                        found.add(group.edge.slot.struct)
        return found

    def _tables(self) -> dict[str, tuple[str, str]]:
        """The ops tables through which the walk has gone, with their files."""
        found: dict[str, tuple[str, str]] = {}
        for meeting in self.walk.meetings.values():
            for row in meeting.rows:
                if row.before is None or row.after is None or row.after.edge.kind == "direct":
                    continue
                left, right = _objects(row.before.targets), _objects(row.after.targets)
                walked = {ref.name for pair in row.leads if pair in self.walk.meetings for ref in pair if ref}
                for name in left.keys() & right.keys():
                    if walked & {left[name][1], right[name][1]}:
                        found.setdefault(name, (left[name][0], right[name][0]))
        return found

    def constants(self) -> Iterable[ConstantsChange]:
        """Constants that the functions name: by families where they belong to one, else alone."""
        pairs = list(self._pairs(expanded=True))
        names = self.before.words(p for p, _ in pairs) | self.after.words(p for _, p in pairs)
        families: dict[tuple[str, str, str], None] = {}
        alone: list[str] = []
        for name in sorted(names):
            one, other = self.before.constant(name), self.after.constant(name)
            prefix = name.partition("_")[0] + "_"
            if one and other and self._is_family(prefix, one[0], other[0], name):
                families[prefix, one[0], other[0]] = None
            else:
                alone.append(name)
        for prefix, one_file, other_file in families:
            left = self.before.family(one_file, prefix)
            right = self.after.family(other_file, prefix)
            # one that is no number on a side, or stands in another header there, is not gone
            left |= {n: c[1] for n in right.keys() - left.keys() if (c := self.before.constant(n))}
            right |= {n: c[1] for n in left.keys() - right.keys() if (c := self.after.constant(n))}
            family = declarations.constants(f"{prefix}*", left, right, names)
            if family is not None:
                yield family
        for name in alone:
            one, other = self.before.constant(name), self.after.constant(name)
            change = declarations.constants(name, {name: one[1]} if one else {}, {name: other[1]} if other else {})
            if change is not None:
                yield change

    def _is_family(self, prefix: str, before: str, after: str, name: str) -> bool:
        if prefix == "_":
            return False
        one, other = self.before.family(before, prefix), self.after.family(after, prefix)
        return (name in one or name in other) and (_enumerates(one) or _enumerates(other))


def _enumerates(family: dict[str, declarations.Constant]) -> bool:
    """Whether constants with a common prefix count something, as `AF_*` does; flags and mixtures do not."""
    numbers = {int(constant.value) for constant in family.values() if constant.value.isdecimal()}
    many = max(_FAMILY, len(family) // 2)
    return len(numbers) >= many and max(numbers) < 2 * len(numbers)


def _objects(edges: dict[str, Edge]) -> dict[str, tuple[str, str]]:
    """The tables behind a call's targets: (file, function) by the table's name."""
    found: dict[str, tuple[str, str]] = {}
    for edge in edges.values():
        name = edge.callee.name if edge.callee else ""
        for evidence in edge.evidence:
            if evidence.object:
                found.setdefault(evidence.object, (evidence.file, name))
    return found


def _compared(session: Session, root: Function) -> Compared:
    return Compared(session.info.version, session.info.label, root.ref)


@functools.cache
def _code() -> str:
    """A digest of the code that comparisons depend on, beside what sessions answer with."""
    digest = hashlib.sha1(usedforsecurity=False)
    root = Path(analyzer.__file__).parent
    for folder in ("compare", "graph", "model", "pipeline"):
        for path in sorted((root / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
