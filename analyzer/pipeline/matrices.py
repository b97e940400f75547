"""Which calls of what a function does exist in which of many versions.

The tree of each version is grown to the depth; a call of the united tree exists in a version when its caller makes
it there, however deep that lies. Calls are told apart by the names of caller and callee, computed ones by the slot
or the callee's text. Not handled: renames (`kcg diff` recognises them).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from analyzer.errors import KcgError, UnknownNameError
from analyzer.graph.hide import parse_hide
from analyzer.graph.sites import Fold, Site, group_sites
from analyzer.model.callgraph import FunctionRef
from analyzer.model.history import Matrix, MatrixRow
from analyzer.pipeline.histories import Revisions
from analyzer.pipeline.indexing import Progress
from analyzer.pipeline.session import Session, open_session
from analyzer.pipeline.views import View, rooted

Key = tuple[str, str, str]  # caller, callee, how
Calls = dict[Key, tuple[str, ...]]  # the functions that a call leads to


def matrix(
    root: str,
    versions: Revisions,
    view: View,
    *,
    arch: str = "x86",
    config: str | None = None,
    store: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Matrix:
    """The calls of the united tree by version, each caller's together, as a tree is read. Raises SourceError, and
    UnknownNameError when no version has the function."""

    @contextmanager
    def opened(source: str) -> Iterator[Session]:
        session = open_session(source, arch=arch, config=config, store=store, jobs=jobs, progress=progress)
        try:
            yield session
        finally:
            session.close()

    found: list[Calls] = []
    names: list[str] = []
    missing: list[str] = []
    start = root
    error: UnknownNameError | None = None
    for label, source in zip(versions.labels, versions.sources, strict=True):
        with opened(source) as session:
            names.append(label if versions.repository else session.info.version)
            try:
                graph, _ = rooted(session, root, view)
            except UnknownNameError as unknown:
                error = unknown
                missing.append(names[-1])
                found.append({})
                continue
            start = graph.root.name
            found.append({k: v for f, sites in graph.sites.items() for k, v in _of(f, sites)})
    if error is not None and len(missing) == len(names):
        raise error
    hide = parse_hide(view.hide)
    callers = {key[0] for calls in found for key in calls}
    for source, calls in zip(versions.sources, found, strict=True):
        lacking = callers - {key[0] for key in calls}
        if lacking:
            with opened(source) as session:
                for name in sorted(lacking):
                    for ref in _named(session, name):
                        sites, _ = group_sites(session.callees(ref), hides=hide.hides, fold=Fold(targets=None))
                        calls.update(_of(ref, sites))
    rows = tuple(
        MatrixRow(caller, callee, kind, depth, tuple((caller, callee, kind) in calls for calls in found))
        for (caller, callee, kind), depth in _ordered(start, found, view.depth)
    )
    return Matrix(root, view.depth, tuple(_distinct(names, versions.labels)), rows, tuple(missing))


def _distinct(versions: Sequence[str], labels: Sequence[str]) -> list[str]:
    return [v if versions.count(v) == 1 else f"{v} ({label})" for v, label in zip(versions, labels, strict=True)]


def _named(session: Session, name: str) -> list[FunctionRef]:
    """The functions of a name whose place is plain: several of one name are not guessed at."""
    paths = session.resolver.index.files("function", name)
    if not paths and not name.startswith(("sys_", "compat_sys_")):
        return []
    try:
        return [session.find(name).ref]
    except KcgError:
        return []


def _of(function: FunctionRef, sites: Sequence[Site]) -> Iterator[tuple[Key, tuple[str, ...]]]:
    """The calls of one function."""
    for site in sites:
        edge = site.edge
        ends = tuple(target.callee.name for target in site.targets if target.callee is not None)
        if edge.slot is not None:
            yield (function.name, edge.slot.spelled, "slot"), ends
        elif site.single is not None and site.single.callee is not None:
            yield (function.name, site.single.callee.name, "direct"), ends
        else:
            yield (function.name, edge.expression.partition("(")[0].strip(), edge.kind), ends


def _ordered(root: str, found: Sequence[Calls], depth: int) -> Iterator[tuple[Key, int]]:
    """The united calls, callers depth first from the root, the calls of one in the order of the newest version."""
    calls: dict[str, dict[Key, dict[str, None]]] = {}
    for version in reversed(found):
        for key, names in version.items():
            calls.setdefault(key[0], {}).setdefault(key, {}).update(dict.fromkeys(names))
    nearest = _distances(root, calls)
    done: set[str] = set()
    stack: list[tuple[Key, int] | str] = [root]
    while stack:
        item = stack.pop()
        if not isinstance(item, str):
            yield item
            continue
        if item in done or nearest.get(item, depth) >= depth:
            continue
        done.add(item)
        entries: list[tuple[Key, int] | str] = []
        for key, ends in calls.get(item, {}).items():
            entries.append((key, nearest[item] + 1))
            entries.extend(ends)
        stack.extend(reversed(entries))


def _distances(root: str, calls: dict[str, dict[Key, dict[str, None]]]) -> dict[str, int]:
    distances = {root: 0}
    level = [root]
    while level:
        following: list[str] = []
        for name in level:
            for ends in calls.get(name, {}).values():
                for end in ends:
                    if end not in distances:
                        distances[end] = distances[name] + 1
                        following.append(end)
        level = following
    return distances
