"""One kernel opened for questions: source, store and resolver together.

Indexing happens by itself when the first question needs it. Not handled: changes to the source while the
session is open.
"""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from analyzer.errors import SourceError, StoreError
from analyzer.io.sources import Source, open_source
from analyzer.io.store import Store
from analyzer.model.body import Body
from analyzer.model.callgraph import Edge, Function, FunctionRef, SlotRow
from analyzer.model.doctor import DoctorReport, IndexSummary
from analyzer.model.notes import Comment
from analyzer.model.shown import Shown
from analyzer.model.source import KernelInfo
from analyzer.pipeline.answers import Answers, function_key
from analyzer.pipeline.opening import Kernel, open_kernel, open_store, version_now
from analyzer.resolve.configuration import Configuration

if TYPE_CHECKING:  # a question whose parts were all found before is answered without loading these
    from analyzer.extract.dialect import Dialect
    from analyzer.pipeline.bodies import Span
    from analyzer.pipeline.definitions import Definitions
    from analyzer.pipeline.exporting import Exported, What
    from analyzer.pipeline.exports import Exports
    from analyzer.pipeline.indexing import Progress, Version
    from analyzer.pipeline.kept import Kept
    from analyzer.pipeline.stored import StoredIndex
    from analyzer.pipeline.workers import Workers
    from analyzer.pipeline.written import Written
    from analyzer.resolve.functions import Function as Resolved
    from analyzer.resolve.resolver import Resolver


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
        self._texts: Written | None = None
        self._definitions: Definitions | None = None
        self._functions: dict[FunctionRef, Function | None] = {}
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
            self._resolver.scopes.tables = self._kept
            self._resolver.flow.keeper = self._resolver.names.pasted.keeper = self._kept
            self._resolver.names.maker.templates.keeper = self._kept
        return self._resolver

    def _fitting(self) -> Configuration:
        """The configuration with an architecture that the tree has: before 2.6.24, x86 is i386 and x86_64.
        Raises SourceError for one it does not have."""
        known = {p.split("/", 2)[1] for p in self.stored.paths() if p.startswith("arch/") and p.count("/") > 1}
        known |= {p.split("/")[1][4:] for p in self.stored.paths() if p.startswith("include/asm-")}
        wanted = self._configuration
        if wanted.directory in known or not known:
            return self._with_implied(wanted)
        if wanted.arch == "x86" and "i386" in known:
            return self._with_implied(Configuration("i386", wanted.options, "i386"))
        raise SourceError(
            f"Linux {self.info.version} has no architecture {wanted.arch}.",
            hint=f"Known here: {', '.join(sorted(known - {'generic'}))}.",
        )

    def _with_implied(self, wanted: Configuration) -> Configuration:
        """A configuration that knows what Kconfig decides for the architecture, where no options are given."""
        from analyzer.pipeline.kconfigs import with_kconfig

        return with_kconfig(self._source, self._store, self._indexed().row, wanted)

    def find(self, name: str) -> Function:
        """The function that a person means: `sys_socket`, `socket` when only a system call has the name,
        `__x64_sys_socket`, `SYSCALL_DEFINE3(socket`, `file:function`. Raises UnknownNameError with near
        names and AmbiguousNameError with spellings that are unique."""
        from analyzer.pipeline.naming import meant

        return self.answers.kept(
            f"find {name}", Function, lambda: meant(name, self.resolver, self.stored, self.info.version)
        )

    def called(self, name: str) -> FunctionRef:
        """The function that a person asks the callers of: also one in assembler. Raises as `find` does."""
        from analyzer.pipeline.naming import called

        return self.answers.kept(
            f"called {name}", FunctionRef, lambda: called(name, self.resolver, self.stored, self.info.version)
        )

    def named(self, name: str) -> tuple[FunctionRef, ...]:
        """All functions of a name (of any wrapper's name of a system call) that the configuration builds."""
        from analyzer.resolve.names import ref_of

        return tuple(dict.fromkeys(ref_of(found) for found in self.resolver.named(name)))

    def plain_name(self, name: str) -> str:
        """The one name that the wrappers of a system call share, any other name itself."""
        from analyzer.resolve.syscallnames import canonical_name

        return canonical_name(name)

    def absence(self, name: str) -> str:
        """One clause that says why a name has no function."""
        from analyzer.pipeline.naming import absence

        return absence(name, self.resolver, self.info.version)

    def called_in(self, name: str) -> int:
        """How many files have a call of a name."""
        return len(self.stored.files("call", name))

    def function_names(self) -> frozenset[str]:
        """The names of all functions, as they stand in the text or in a macro's parentheses."""
        from analyzer.pipeline.naming import spelled_names

        return spelled_names(self.stored)

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

        return self.answers.kept(f"alike {function_key(ref)}", tuple[Edge, ...], search)

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

    def carries(self, first: Edge, second: Edge, third: Edge | None = None) -> bool:
        """Whether a call can be followed by another in its callee (and by a third in that one's), as far as what
        it hands over tells."""
        return self.resolver.carries(first, second, third)

    def call_names(self, ref: FunctionRef) -> tuple[str, ...]:
        """The names that a function's call sites spell, "" for computed callees, without resolving them."""
        if ref.external:
            return ()
        return self.answers.kept(
            f"calls {function_key(ref)}",
            tuple[str, ...],
            lambda: tuple(dict.fromkeys(self.resolver.call_names(ref))),
        )

    def function(self, ref: FunctionRef) -> Function | None:
        """What is known of a function, None for an external one."""
        if ref.external:
            return None
        if ref not in self._functions:
            self._functions[ref] = self.answers.kept(
                f"function {function_key(ref)}", Function | None, lambda: self._described(ref)
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

    @property
    def _written(self) -> "Written":
        """What the text says of functions and tables."""
        from analyzer.pipeline.written import Written

        if self._texts is None:
            self._texts = Written(self.answers, lambda: self.stored, lambda: self.resolver, self._dialect)
        return self._texts

    def source_lines(self, file: str) -> list[str]:
        """The lines of a file, without their ends."""
        return self._written.lines(file)

    def comment(self, ref: FunctionRef) -> Comment | None:
        """The comment above a function's definition."""
        return self._written.comment(ref)

    def selector(self, edge: Edge) -> str:
        """What selects a target among others besides its table: the constant that the first of its tables holds
        for it (`TCP`, `PF_INET`); "" when that holds none."""
        return self._written.selector(edge)

    def body(self, ref: FunctionRef) -> Body | None:
        """The statements of a function, read from its source when they are asked for first; None for an external
        function and for one that a macro makes as a whole."""
        return self._written.body(ref)

    def span(self, ref: FunctionRef) -> "Span | None":
        """Where a function's text begins, its body begins and ends, in bytes."""
        return self._written.span(ref)

    def _dialect(self) -> "Dialect":
        from analyzer.pipeline.indexing import dialect_of

        return dialect_of(self._store, self._indexed())

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
        from analyzer.pipeline.naming import unknown

        found = self.definitions.shown(name)
        if not found:
            message = f"Nothing is called {name} in Linux {self.info.version}."
            raise unknown(name, message, self.resolver, self.stored)
        return found

    @property
    def definitions(self) -> "Definitions":
        """Definitions with their text."""
        from analyzer.pipeline.definitions import Definitions

        if self._definitions is None:
            self._definitions = Definitions(self.resolver, self._dialect)
        return self._definitions

    @property
    def _exports(self) -> "Exports":
        """The rows of everything."""
        from analyzer.pipeline.exports import Exports

        return Exports(self.resolver, self.answers, self._labelled)

    def export(self, what: "What", under: Sequence[str]) -> "Iterator[Exported]":
        """Everything of the files below the prefixes (of all files when there are none), as JSON Lines, some
        files at a time, in the order of files. As many processes as the session may have."""
        from analyzer.pipeline import exporting

        paths = self._exports.paths(under)
        if what == "edges" and self.resolver.scopes.kbuild.known:
            self.flush()  # read once, before other processes want it
        return exporting.export(self, self.reopen, what, paths, self.jobs)

    def export_run(self, what: "What", paths: Sequence[str]) -> "Exported":
        """The rows of some files, made in this process; edges are kept."""
        made = self._exports.rows(what, paths)
        if what == "edges":
            self.flush()
        return made

    def export_functions(self, under: Sequence[str]) -> Iterator[Function]:
        """All functions of the files below the prefixes (all files when there are none)."""
        return self._exports.functions(self._exports.paths(under))

    def export_edges(self, under: Sequence[str]) -> Iterator[Edge]:
        """All edges of those functions."""
        return self._exports.edges(self._exports.paths(under))

    def export_slots(self, under: Sequence[str]) -> Iterator[SlotRow]:
        """All slot entries of those files."""
        return self._exports.slots(self._exports.paths(under))

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


__all__ = ["Session", "StoreError", "open_session"]
