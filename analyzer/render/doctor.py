"""What `kcg doctor` and `kcg index` print for people.

Not handled: judging whether a coverage is good enough.
"""

from analyzer.model.doctor import Coverage, DoctorReport, IndexSummary
from analyzer.render.text import rows_text
from analyzer.render.words import plural

_MAX_SKIPPED = 10
_GRAPHVIZ = {
    "system": "the system's dot",
    "bundled": "the one inside pygraphviz",
    "missing": "missing: install Graphviz or pygraphviz to draw SVG, PNG and PDF",
}


def index_text(summary: IndexSummary) -> str:
    """One line: files, what was new, how long it took."""
    if not summary.new:
        return f"{plural(summary.files, 'file')}, all indexed already ({summary.seconds:.1f} s)\n"
    return (
        f"{plural(summary.files, 'file')}, {summary.new} of them new ({size(summary.bytes)}), "
        f"indexed in {summary.seconds:.1f} s\n"
    )


def doctor_text(report: DoctorReport) -> str:
    """The report: what could be read, folder by folder, and why the rest could not."""
    total, sources = report.total, report.sources
    lines = [
        f"kernel    Linux {report.version} ({report.label})",
        f"read      {plural(total.files, 'file')}, {size(total.bytes)}, {plural(total.functions, 'function')}",
        f"unclear   {_unclear(total)}",
        f".c        {plural(sources.files, 'file')}, {_clean(sources)} of them read whole; {_unclear(sources)}",
        f"lost      {plural(total.functions_lost, 'function')}",
        f"index     {report.store} ({size(report.store_bytes)})",
        f"graphviz  {_GRAPHVIZ.get(report.graphviz, report.graphviz)}",
    ]
    text = "".join(f"{line}\n" for line in lines)
    head = ("folder", "files", "size", "functions", "lost", "unclear", "of size", ".c files", "unclear", "of size")
    alone = {folder.folder: folder for folder in report.source_folders}
    rows = []
    for folder in report.folders:
        of_sources = alone.get(folder.folder, Coverage(folder.folder, 0, 0, 0, 0, 0, 0))
        rows.append(
            (
                folder.folder,
                str(folder.files),
                size(folder.bytes),
                str(folder.functions),
                str(folder.functions_lost),
                str(folder.files_with_diagnostics),
                _share(folder),
                str(of_sources.files),
                str(of_sources.files_with_diagnostics),
                _share(of_sources),
            )
        )
    if rows:
        text += "\n" + rows_text(head, rows)
    causes = [(c.cause, str(c.count), str(c.files), f"{c.file}:{c.line}", c.text) for c in report.causes]
    if causes:
        text += "\n" + rows_text(("not understood", "times", "files", "for example", "text"), causes)
    if report.skipped:
        text += f"\n{plural(len(report.skipped), 'file')} left out:\n"
        shown = report.skipped[:_MAX_SKIPPED]
        text += "".join(f"  {path}: {reason}\n" for path, reason in shown)
        if len(report.skipped) > len(shown):
            text += f"  and {len(report.skipped) - len(shown)} more\n"
    return text


def size(count: int) -> str:
    """Bytes for people: `812 B`, `1.4 GB`."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _unclear(coverage: Coverage) -> str:
    return (
        f"{plural(coverage.files_with_diagnostics, 'file')} with {size(coverage.bytes_in_errors)} "
        f"not understood ({_share(coverage)})"
    )


def _clean(coverage: Coverage) -> str:
    if not coverage.files_with_diagnostics:
        return "all"
    return f"{100 - 100 * coverage.files_with_diagnostics / max(coverage.files, 1):.3f} %"


def _share(coverage: Coverage) -> str:
    if not coverage.bytes_in_errors:
        return "0 %"
    return f"{100 * coverage.bytes_in_errors / max(coverage.bytes, 1):.3f} %"
