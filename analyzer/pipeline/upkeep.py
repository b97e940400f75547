"""What `kcg index` does beside reading one kernel: many revisions, engines, pruning."""

import contextlib
import os
from collections.abc import Iterator, Sequence

from analyzer.io import upkeep
from analyzer.io.gitrepo import GitSource
from analyzer.io.revisions import repository_of, revisions
from analyzer.model.doctor import IndexContents, IndexSummary
from analyzer.pipeline.extraction import extractor_fingerprint
from analyzer.pipeline.indexing import Progress, index
from analyzer.pipeline.opening import open_store
from analyzer.pipeline.workers import Workers, process_workers


@contextlib.contextmanager
def engine_workers(scheduler: str | None, jobs: int | None) -> Iterator[Workers | None]:
    """The workers of a Dask cluster while they are needed; None for those that indexing makes itself.
    Raises KcgError when there is no cluster."""
    if scheduler is None:
        yield None
        return
    from analyzer.pipeline.cluster import dask_workers

    workers = dask_workers(scheduler)
    try:
        yield workers
    finally:
        workers.close()


def revisions_indexed(
    kernel: str,
    spellings: Sequence[str],
    store: str | None,
    *,
    workers: Workers | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    under: Sequence[str] = (),
) -> Iterator[tuple[str, IndexSummary]]:
    """Indexes every revision that is meant, each content once; yields each with what it took.
    Raises SourceError and StoreError."""
    repository = repository_of(kernel)
    wanted = revisions(repository, spellings)
    own = None if workers else process_workers(jobs or os.cpu_count() or 1)
    with contextlib.closing(open_store(store)) as kept:
        try:
            for revision in wanted:
                source = GitSource(repository, revision, label=f"{repository}@{revision}")
                version = index(source, kept, workers=workers or own, progress=progress, under=under)
                yield revision, version.summary
        finally:
            if own:
                own.close()


def pruned(store: str | None) -> tuple[IndexContents, IndexContents, str]:
    """What an index held, what it holds after removing what nothing needs, and a notice about how it was
    opened. Raises StoreError."""
    with contextlib.closing(open_store(store)) as kept:
        fingerprint = extractor_fingerprint()
        before = upkeep.prune(kept, fingerprint)
        return before, upkeep.contents(kept, fingerprint), kept.notice
