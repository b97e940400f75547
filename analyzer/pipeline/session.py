"""One kernel opened for questions: source, store and resolver together.

Indexing happens by itself when the first question needs it. Not handled: changes to the source while the
session is open.
"""

import difflib
import functools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from analyzer.errors import AmbiguousNameError, SourceError, StoreError, UnknownNameError
from analyzer.io.sources import Source, open_source
from analyzer.io.store import Store
from analyzer.model.body import Body
from analyzer.model.callgraph import Edge, Function, FunctionRef, SlotRow
from analyzer.model.doctor import DoctorReport, IndexSummary
from analyzer.model.notes import Comment
from analyzer.model.shown import Shown
from analyzer.model.source import KernelInfo
from analyzer.pipeline.answers import Answers
from analyzer.pipeline.opening import Kernel, open_kernel, open_store, version_now
from analyzer.resolve.configuration import Configuration

if TYPE_CHECKING:  # a question whose parts were all found before is answered without loading these
    from analyzer.pipeline import exporting
    from analyzer.pipeline.bodies import Bodies, Span
    from analyzer.pipeline.definitions import Definitions
    from analyzer.pipeline.indexing import Progress, Version
    from analyzer.pipeline.kept import Kept
    from analyzer.pipeline.stored import StoredIndex
    from analyzer.pipeline.workers import Workers
    from analyzer.resolve.made import Function as Resolved
    from analyzer.resolve.resolver import Resolver

_SYSCALL_HEAD = re.compile(r"^(COMPAT_)?SYSCALL(?:32)?_DEFINE\w*\s*\(\s*(\w+)")
_MAX_HOLDERS = 8  # tables whose constant can be one and the same without being a coincidence
_QUALIFIED = re.compile(r"^(.+\.[chS]):(?:(\d+):)?(\w+)$")


def open_session(
    kernel: str | None,
    *,
    arch: str = "x86",
    config: str | None = None,
    store: str | None = None,
    jobs: int | None = None,
    progress: "Progress | None" = None,
) -> "Session":
    """A session on a kernel source. None means $KCG_KERNEL, else the current directory if it is a kernel
    tree, else the bundled small kernel. Raises SourceError and StoreError."""
    return session_on(open_kernel(kernel, arch=arch, config=config, store=store), jobs=jobs, progress=progress)


def session_on(kernel: Kernel, *, jobs: int | None = None, progress: "Progress | None" = None) -> "Session":
    """A session on an opened kernel."""
    session = Session(kernel.source, kernel.store, kernel.configuration, kernel.notices, jobs, progress)
    session.reopen = functools.partial(_again, kernel.spec, str(kernel.store.path), kernel.configuration)
    return session


def _again(spec: str, store: str, configuration: Configuration) -> "Session":
    """The same session in another process."""
    return Session(open_source(spec), open_store(store), configuration, (), 1, None)


class Session:
    """Questions to one kernel. Methods may raise SourceError and StoreError."""

    def __init__(
        self,
        source: Source,
        store: Store,
        configuration: Configuration,
        notices: tuple[str, ...],
        jobs: int | None,
        progress: "Progress | None",
    ) -> None:
        self._source = source
        self._store = store
        self._configuration = configuration
        self._jobs = jobs
        self._progress = progress
        self._version: Version | None = None
        self._stored: StoredIndex | None = None
        self._resolver: Resolver | None = None
        self._answers: Answers | None = None
        self._bodies: Bodies | None = None
        self._read: dict[FunctionRef, Body | None] = {}
        self._definitions: Definitions | None = None
        self._functions: dict[FunctionRef, Function | None] = {}
        self._selectors: dict[str, str] = {}
        self._weights: dict[str, int] = {}
        self._kept: Kept | None = None
        self.notices = notices
        self.reopen: Callable[[], Session] | None = None  # the same session in another process

    @property
    def info(self) -> KernelInfo:
        """Version and label of the kernel."""
        return self._source.info

    @property
    def jobs(self) -> int:
        """How many processes may work at once."""
        return self._jobs or os.cpu_count() or 1

    def index(self, under: Sequence[str] = (), workers: "Workers | None" = None) -> IndexSummary:
        """Index the whole source, or what lies below the given paths, on the given workers if any."""
        from analyzer.pipeline.indexing import index

        if not under and workers is None:
            return self._indexed().summary
        return index(
            self._source,
            self._store,
            workers=workers,
            jobs=self._jobs,
            progress=self._progress,
            under=under,
        ).summary

    def _indexed(self) -> "Version":
        from analyzer.pipeline.indexing import index

        if self._version is None:
            self._version = index(self._source, self._store, jobs=self._jobs, progress=self._progress)
        return self._version

    @property
    def stored(self) -> "StoredIndex":
        """The index of this version."""
        from analyzer.pipeline.stored import StoredIndex

        if self._stored is None:
            self._stored = StoredIndex(self._source, self._store, self._indexed())
        return self._stored

    @property
    def resolver(self) -> "Resolver":
        """The resolver of this version and configuration."""
        from analyzer.pipeline.kept import Kept
        from analyzer.resolve.resolver import Resolver

        if self._resolver is None:
            self._resolver = Resolver(self.stored, self._fitting())
            self._kept = Kept(self._store, self.answers.question)
            self._resolver.flow.keeper = self._resolver.names.keeper = self._kept
            self._resolver.names.maker.templates.keeper = self._kept
        return self._resolver

    def _fitting(self) -> Configuration:
        """The configuration with an architecture that the tree has: before 2.6.24, x86 is i386 and x86_64.
        Raises SourceError for one it does not have."""
        known = {p.split("/", 2)[1] for p in self.stored.paths() if p.startswith("arch/") and p.count("/") > 1}
        known |= {p.split("/")[1][4:] for p in self.stored.paths() if p.startswith("include/asm-")}
        wanted = self._configuration
        if wanted.directory in known or not known:
            return wanted
        if wanted.arch == "x86" and "i386" in known:
            return Configuration("i386", wanted.options, "i386")
        raise SourceError(
            f"Linux {self.info.version} has no architecture {wanted.arch}.",
            hint=f"Known here: {', '.join(sorted(known - {'generic'}))}.",
        )

    def find(self, name: str) -> Function:
        """The function that a person means: `sys_socket`, `socket` when only a system call has the name,
        `__x64_sys_socket`, `SYSCALL_DEFINE3(socket`, `file:function`. Raises UnknownNameError with near
        names and AmbiguousNameError with spellings that are unique."""
        return self.answers.kept(f"find {name}", Function, lambda: self._find(name))

    def _find(self, name: str) -> Function:
        from analyzer.resolve.resolver import described

        wanted = name.strip().removesuffix("()")
        file = ""
        if match := _SYSCALL_HEAD.match(wanted):
            wanted = f"{'compat_' if match.group(1) else ''}sys_{match.group(2)}"
        elif match := _QUALIFIED.match(wanted):
            file, line, wanted = match.group(1), int(match.group(2) or 0), match.group(3)
            found = [
                f
                for f in self.resolver.named(wanted)
                if (f.path == file or f.path.endswith("/" + file)) and line in (0, f.definition.line)
            ]
            if found:
                return described(found[0])
            raise self._unknown(wanted, f"No function {wanted} in {file}.")
        found = self._candidates(wanted)
        if not found:
            raise self._unknown(wanted, f"No function is called {wanted} in Linux {self.info.version}.")
        if len({f.path for f in found}) == 1:
            return described(found[0])
        raise AmbiguousNameError(
            f"{wanted} is defined in {len(found)} places.",
            candidates=tuple(f"{f.path}:{wanted}" for f in found),
            hint="Name the file too.",
        )

    def _candidates(self, wanted: str) -> "list[Resolved]":
        found = self.resolver.named(wanted)
        if not found:
            found = self.resolver.named(f"sys_{wanted}")
        if len({f.path for f in found}) > 1:
            names = self.resolver.names
            scope = self.resolver.scopes.of(found[0].path)
            external = names.external(found[0].definition.name)
            if external:
                bound = names.closest(scope, external)
                return list(bound.functions)
            kept = [f for f in found if not f.definition.inline] or found
            return kept
        return names_sorted(found)

    def _unknown(self, name: str, message: str) -> UnknownNameError:
        from analyzer.pipeline.extraction import HEAD_MARK

        for path, _, reason in self.resolver.names.not_built(name):
            return UnknownNameError(
                f"{name} is defined in {path}, which this configuration does not build: {reason}.",
                hint="Give another --config, or none.",
            )
        names = self.stored.function_names()
        calls = {n[len(HEAD_MARK) :] for n in names if n.startswith(HEAD_MARK)}
        spelled = {n for n in names if not n.startswith(HEAD_MARK)}
        prefix = "sys_" if name.startswith("sys_") else ""
        near = [
            f"sys_{n}"
            for n in difflib.get_close_matches(
                name.removeprefix(prefix), _plausible(name.removeprefix(prefix), calls)
            )
            if self.resolver.named(f"sys_{n}")
        ]
        near += difflib.get_close_matches(name, _plausible(name, spelled), n=5, cutoff=0.7)
        return UnknownNameError(message, suggestions=tuple(dict.fromkeys(near))[:5])

    def named(self, name: str) -> tuple[FunctionRef, ...]:
        """All functions of a name (of any wrapper's name of a system call) that the configuration builds."""
        from analyzer.resolve.names import ref_of

        return tuple(dict.fromkeys(ref_of(found) for found in self.resolver.named(name)))

    def plain_name(self, name: str) -> str:
        """The one name that the wrappers of a system call share, any other name itself."""
        from analyzer.resolve.made import canonical_name

        return canonical_name(name)

    def absence(self, name: str) -> str:
        """One clause that says why a name has no function."""
        for path, _, reason in self.resolver.names.not_built(name):
            return f"{name} is in {path}, which this configuration does not build: {reason}"
        return f"no function is called {name} in Linux {self.info.version}"

    def called_in(self, name: str) -> int:
        """How many files have a call of a name."""
        return len(self.stored.files("call", name))

    def function_names(self) -> frozenset[str]:
        """The names of all functions, as they stand in the text or in a macro's parentheses."""
        from analyzer.pipeline.extraction import HEAD_MARK

        return frozenset(name.removeprefix(HEAD_MARK) for name in self.stored.function_names())

    def callees(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """Edges out of a function, in source order."""
        return () if ref.external else self.answers.callees(ref)

    def alike(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """Only possible edges: from a function's computed calls for which nothing else is known to the
        address-taken functions of the signature that they call."""
        open_ends = [e for e in self.callees(ref) if e.callee is None and e.kind in ("slot", "pointer")]
        if not open_ends:
            return ()

        def search() -> tuple[Edge, ...]:
            return tuple(
                msgspec.structs.replace(edge, callee=callee, rule="same signature", confidence="possible")
                for edge, callees in self.resolver.alike(ref, open_ends).items()
                for callee in callees
            )

        return self.answers.kept(f"alike {_key(ref)}", tuple[Edge, ...], search)

    @property
    def answers(self) -> Answers:
        """What was found before and what is found now."""
        if self._answers is None:
            # while everything asked was found before, neither the list of files nor a resolver is needed
            row = version_now(self._source, self._store) or self._indexed().row
            self._answers = Answers(self._store, row, self._configuration, self._resolved)
        return self._answers

    def _resolved(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """Edges out of a function, found now."""
        found = self.resolver.function(ref)
        return self._labelled(found, self.resolver.calls.of(found)) if found is not None else ()

    def _labelled(self, function: "Resolved", edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """The edges with the cases that select them."""
        from analyzer.pipeline.cases import labelled
        from analyzer.resolve.resolver import described

        definition = function.definition
        span = (definition.start, definition.body, definition.end) if definition.end else None
        return labelled(described(function), edges, self.stored.text, span, self.body)

    def callers(self, ref: FunctionRef) -> tuple[Edge, ...]:
        """Edges into a function, by caller."""
        found = self.resolver.callers(ref)
        labels: dict[FunctionRef, list[Edge]] = {}
        for edge in found:
            labels.setdefault(edge.caller, []).append(edge)
        for caller, edges in labels.items():
            function = self.resolver.function(caller)
            if function is not None:
                labels[caller] = list(self._labelled(function, tuple(edges)))
        return tuple(labels[edge.caller].pop(0) for edge in found)

    def carries(self, first: Edge, second: Edge) -> bool:
        """Whether a call can be followed by another in its callee, as far as what it hands over tells."""
        return self.resolver.carries(first, second)

    def call_names(self, ref: FunctionRef) -> tuple[str, ...]:
        """The names that a function's call sites spell, "" for computed callees, without resolving them."""
        if ref.external:
            return ()
        return self.answers.kept(
            f"calls {_key(ref)}", tuple[str, ...], lambda: tuple(dict.fromkeys(self.resolver.call_names(ref)))
        )

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function, None for an external one."""
        if ref.external:
            return None
        if ref not in self._functions:
            self._functions[ref] = self.answers.kept(
                f"function {_key(ref)}", Function | None, lambda: self._described(ref)
            )
        return self._functions[ref]

    def _described(self, ref: FunctionRef) -> Function | None:
        from analyzer.resolve.resolver import described

        found = self.resolver.function(ref)
        return described(found) if found is not None else None

    def subsystems(self) -> Callable[[str], str]:
        """From a file to the name of its subsystem in MAINTAINERS, "" where none is known."""
        from analyzer.extract.maintainers import subsystem_of

        try:
            text = self._source.read("MAINTAINERS").decode("utf-8", "replace")
        except SourceError:
            text = ""
        return subsystem_of(text)

    def source_lines(self, file: str) -> list[str]:
        """The lines of a file, without their ends."""
        return self.stored.text(file).decode("utf-8", "replace").split("\n")

    def comment(self, ref: FunctionRef) -> Comment | None:
        """The comment above a function's definition."""
        if not ref.file:
            return None
        return self.answers.kept(f"comment {_key(ref)}", Comment | None, lambda: self._comment(ref))

    def _comment(self, ref: FunctionRef) -> Comment | None:
        from analyzer.extract.comments import comment_above

        return comment_above(self.stored.text(ref.file), ref.line)

    def selector(self, edge: Edge) -> str:
        """What selects a target among others besides its table: the constant that the first of its tables holds
        for it (`TCP`, `PF_INET`); "" when that holds none."""
        # what a binding chose is told apart by a blank in its name
        named = [item for item in edge.evidence if item.object and " " not in item.object]
        holders = list(dict.fromkeys((item.file, item.object.partition(".")[0]) for item in named))
        if edge.slot is None or not 0 < len(holders) <= _MAX_HOLDERS:
            return ""
        return self._selector(*holders[0])

    def _selector(self, file: str, name: str) -> str:
        key = f"selector {file} {name}"
        if key not in self._selectors:
            self._selectors[key] = self.answers.kept(key, str, lambda: self._select(file, name))
        return self._selectors[key]

    def _select(self, file: str, name: str) -> str:
        from analyzer.pipeline.selectors import selector_of

        return selector_of(self.stored.facts(file), self.stored.text(file), name)

    def body(self, ref: FunctionRef) -> Body | None:
        """The statements of a function, read from its source when they are asked for first; None for an external
        function and for one that a macro makes as a whole."""
        if ref not in self._read:
            self._read[ref] = (
                None
                if ref.external
                else self.answers.kept(f"body {_key(ref)}", Body | None, lambda: self._body(ref))
            )
        return self._read[ref]

    def _body(self, ref: FunctionRef) -> Body | None:
        from analyzer.pipeline.bodies import Bodies
        from analyzer.pipeline.indexing import dialect_of

        if self._bodies is None:
            version = self._indexed()
            self._bodies = Bodies(self.span, self.stored.text, lambda: dialect_of(self._store, version))
        return self._bodies.of(ref)

    def span(self, ref: FunctionRef) -> "Span | None":
        """Where a function's text begins, its body begins and ends, in bytes."""
        from analyzer.pipeline.bodies import Span

        return self.answers.kept(f"span {_key(ref)}", Span | None, lambda: self._spanned(ref))

    def _spanned(self, ref: FunctionRef) -> "Span | None":
        found = self.resolver.function(ref)
        if found is None or not found.definition.end:
            return None
        return found.definition.start, found.definition.body, found.definition.end

    def weight(self, path: str) -> int:
        """How many source files lie beside a file: large folders hold what most readers look for first."""
        folder = path.rpartition("/")[0]
        if folder not in self._weights:
            self._weights[folder] = self.answers.kept(
                f"weight {folder}", int, lambda: self.resolver.neighbours(path)
            )
        return self._weights[folder]

    def show(self, name: str) -> list[Shown]:
        """Everything of that name: functions, records, enums, typedefs, macros, objects, constant families.
        Raises UnknownNameError."""
        found = self.definitions.shown(name)
        if not found:
            raise self._unknown(name, f"Nothing is called {name} in Linux {self.info.version}.")
        return found

    @property
    def definitions(self) -> "Definitions":
        """Definitions with their text."""
        from analyzer.pipeline.definitions import Definitions
        from analyzer.pipeline.indexing import dialect_of

        if self._definitions is None:
            version = self._indexed()
            self._definitions = Definitions(self.resolver, lambda: dialect_of(self._store, version))
        return self._definitions

    def export(self, what: "exporting.What", under: Sequence[str]) -> "Iterator[exporting.Exported]":
        """Everything of the files below the prefixes (of all files when there are none), as JSON Lines, some
        files at a time, in the order of files. As many processes as the session may have."""
        from analyzer.pipeline import exporting, exports

        paths = exports.paths(self.resolver, under)
        if what == "edges" and self.resolver.scopes.kbuild.known:
            self.flush()  # read once, before other processes want it
        return exporting.export(self, self.reopen, what, paths, self.jobs)

    def export_run(self, what: "exporting.What", paths: Sequence[str]) -> "exporting.Exported":
        """The rows of some files, made in this process; edges are kept."""
        from analyzer.pipeline import exporting, exports
        from analyzer.render.jsonout import edge_row, function_row, json_line, slot_row

        if what == "functions":
            rows = [function_row(f) for p in paths for f in exports.functions(self.resolver, p)]
        elif what == "slots":
            rows = [
                slot_row(**{**msgspec.structs.asdict(s), "guard": s.guard or ""})
                for p in paths
                for s in exports.slots(self.resolver, p)
            ]
        else:
            rows = [edge_row(e) for p in paths for e in self._edges_of(p)]
            self.flush()
        return exporting.Exported("".join(map(json_line, rows)), len(rows))

    def _edges_of(self, path: str) -> Iterator[Edge]:
        from analyzer.resolve.names import ref_of

        known = self.answers.of_file(path)
        if known is None:
            resolver = self.resolver
            found = resolver.names.of_file(path)
            known = tuple((ref_of(f), self._labelled(f, resolver.calls.of(f))) for f in found)
            self.answers.keep_file(path, known)
        for _, edges in known:
            yield from edges

    def export_functions(self, under: Sequence[str]) -> Iterator[Function]:
        """All functions of the files below the prefixes (all files when there are none)."""
        from analyzer.pipeline import exports

        for path in exports.paths(self.resolver, under):
            yield from exports.functions(self.resolver, path)

    def export_edges(self, under: Sequence[str]) -> Iterator[Edge]:
        """All edges of those functions."""
        from analyzer.pipeline import exports

        for path in exports.paths(self.resolver, under):
            yield from self._edges_of(path)

    def export_slots(self, under: Sequence[str]) -> Iterator[SlotRow]:
        """All slot entries of those files."""
        from analyzer.pipeline import exports

        for path in exports.paths(self.resolver, under):
            yield from exports.slots(self.resolver, path)

    def doctor(self) -> DoctorReport:
        """Parse coverage and the state of index and tools."""
        from analyzer.pipeline import examination

        return examination.report(self.stored, self._source, self._store)

    def flush(self) -> None:
        """Keep what was found."""
        if self._answers is not None:
            self._answers.flush()
        if self._kept is not None:
            self._kept.flush()

    def close(self) -> None:
        """Keep what was found and release the index."""
        self.flush()
        self._store.close()


def _key(ref: FunctionRef) -> str:
    return f"{ref.file}:{ref.line}:{ref.name}"


def names_sorted(found: "Sequence[Resolved]") -> "list[Resolved]":
    """Definitions of one file, the likeliest first: those that do something."""
    from analyzer.resolve.names import ref_of

    return sorted(
        found,
        key=lambda f: (not (f.definition.calls or f.definition.indirect or f.made), ref_of(f)),
    )


def _plausible(name: str, names: set[str]) -> list[str]:
    """Names near enough in length and letters to be worth comparing (difflib is quadratic)."""
    letters = set(name)
    return sorted(n for n in names if abs(len(n) - len(name)) <= 3 and len(letters ^ set(n)) <= 4)[:20_000]


__all__ = ["Session", "StoreError", "open_session"]
