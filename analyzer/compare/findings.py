"""From verdicts to findings: what is reported, how grave it is, and whether a run fails.

Not handled: wording of whole reports (`analyzer.render`).
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping

import msgspec

from analyzer.model.checks import (
    DEFAULT_SEVERITY,
    VERDICT_WORDS,
    Block,
    Finding,
    Item,
    NoteVerdicts,
    Severity,
    Verdict,
)


def findings(
    checked: NoteVerdicts,
    *,
    severity: Mapping[str, Severity] | None = None,
    baseline: Collection[str] = (),
) -> list[Finding]:
    """All verdicts of a note as findings, by kernel and line. `baseline` holds the keys of known failures."""
    result: list[Finding] = []
    for kernel in checked.kernels:
        for verdicts in kernel.blocks:
            block = checked.note.blocks[verdicts.block]
            if verdicts.skipped:
                continue
            made = [
                _finding(checked.note.path, item, verdict, severity or {}, kernel.kernel, kernel.version)
                for item, verdict in zip(block.items, verdicts.verdicts, strict=True)
            ]
            result += _counted(made, block, baseline)
    result += _problems(checked)
    return result


def _finding(
    path: str, item: Item, verdict: Verdict, severity: Mapping[str, Severity], kernel: str, version: str
) -> Finding:
    grave = severity.get(verdict.kind, DEFAULT_SEVERITY[verdict.kind])
    key = hashlib.sha1(f"{path}\0{item.text}\0{verdict.kind}".encode(), usedforsecurity=False).hexdigest()[:16]
    return Finding(
        path,
        item.line,
        item.column + 1,
        item.end + 1,
        item.text,
        verdict.kind,
        grave,
        verdict.message,
        verdict.nearest,
        verdict.place,
        verdict.path,
        kernel,
        version,
        key,
        "ignored" if item.expect == "ignore" else "",
    )


def _counted(made: list[Finding], block: Block, baseline: Collection[str]) -> Iterator[Finding]:
    """Expected failures and known ones do not fail; an expected failure that does not happen does."""
    wanted = block.directives.expect
    met = False
    for item, finding in zip(block.items, made, strict=True):
        changed = finding
        if item.expect and item.expect != "ignore":
            changed = _expected_line(finding, item.expect)
        elif wanted and finding.severity == "error" and wanted in ("fail", finding.kind):
            met = True
            changed = msgspec.structs.replace(finding, status="expected")
        if not changed.status and changed.severity == "error" and finding.key in baseline:
            changed = msgspec.structs.replace(changed, status="baseline")
        yield changed
    if wanted and not met and made:
        yield msgspec.structs.replace(
            made[0],
            kind="unparsed",
            severity="error",
            message=f"this tree is expected to fail ({wanted}), but it does not",
            status="",
        )


def _expected_line(finding: Finding, wanted: str) -> Finding:
    if finding.kind == wanted:
        return msgspec.structs.replace(finding, status="expected")
    if wanted not in VERDICT_WORDS:
        return finding
    return msgspec.structs.replace(
        finding, severity="error", message=f"expected `{wanted}`: {finding.message or finding.words}"
    )


def _problems(checked: NoteVerdicts) -> Iterator[Finding]:
    for problem in checked.note.problems:
        where = (checked.note.path, problem.line, 1, 1)
        yield Finding(*where, "", "unparsed", "warning", problem.message, "", None, (), "", "", "")
