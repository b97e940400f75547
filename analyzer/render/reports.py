"""Verdicts on notes for other programs: JUnit XML, SARIF 2.1.0, GitHub's annotations and step summary.

Not handled: uploading anything anywhere.
"""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from analyzer.model.checks import VERDICT_WORDS, Finding, NoteVerdicts, Verdict, VerdictKind
from analyzer.render.verdicts import counted, finding_text, place_text, summary_text

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://pypi.org/project/kernel-callgraph/"
# What GitHub shows of one step: more are dropped without a word, so the rest is counted instead.
_MAX_ANNOTATIONS = 10
_MAX_MESSAGE = 4_000
_MAX_SUMMARY = 1_000_000  # bytes

_RULES: dict[VerdictKind, str] = {
    "ok": "The kernel makes this call.",
    "elided": "The kernel makes this call through functions that the note leaves out.",
    "wrong-caller": "The function is called, but not from the one above it.",
    "order": "The source has these lines in another order.",
    "renamed": "The function has another name in this version.",
    "gone": "Another version has this function, this one does not.",
    "arguments": "The call has other arguments in the source.",
    "unreachable": "The call cannot be reached under the bindings.",
    "unknown-function": "No known version has a function of this name.",
    "statement-ok": "The source has this statement.",
    "statement-changed": "The source does not have this statement as it is written.",
    "unparsed": "The line could not be read as part of a call tree.",
    "snapshot": "The tree of this function differs from the golden one.",
}


def junit(checked: Sequence[NoteVerdicts], found: Sequence[Finding]) -> str:
    """One test suite per note and kernel, one test case per line."""
    root = ElementTree.Element("testsuites", name="kcg check")
    total = failures = 0
    for one in checked:
        for kernel in one.kernels:
            mine = [f for f in found if f.path == one.note.path and f.kernel == kernel.kernel]
            failed = sum(1 for f in mine if f.failed)
            suite = ElementTree.SubElement(
                root,
                "testsuite",
                name=f"{_clean(one.note.path)} against {_clean(kernel.version)}",
                tests=str(len(mine)),
                failures=str(failed),
                errors="0",
                skipped=str(sum(1 for f in mine if f.status)),
            )
            total, failures = total + len(mine), failures + failed
            for finding in mine:
                _case(suite, finding)
    root.set("tests", str(total))
    root.set("failures", str(failures))
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_clean(finding.path),
        name=f"line {finding.line}, column {finding.column}: {_clean(finding.text)}",
        file=_clean(finding.path),
        line=str(finding.line),
    )
    if finding.status:
        ElementTree.SubElement(case, "skipped", message=f"{finding.words} ({finding.status})")
    elif finding.failed:
        failure = ElementTree.SubElement(
            case, "failure", type=finding.kind, message=_clean(finding.message or finding.words)
        )
        failure.text = _clean(finding_text(finding))


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c if c in "\t\n" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
                   else "?" for c in text)  # fmt: skip


def sarif(checked: Sequence[NoteVerdicts], found: Sequence[Finding]) -> str:
    """SARIF 2.1.0: a result for every line that is not simply right, call paths as code flows."""
    kinds = list(VERDICT_WORDS)
    results = [_result(f, kinds.index(f.kind)) for f in found if f.severity != "none" or f.status == "expected"]
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kcg",
                        "informationUri": _HOME,
                        "rules": [
                            {
                                "id": kind,
                                "name": "".join(word.capitalize() for word in kind.split("-")),
                                "shortDescription": {"text": VERDICT_WORDS[kind]},
                                "fullDescription": {"text": _RULES[kind]},
                                "defaultConfiguration": {"level": "none" if Verdict(kind).holds else "error"},
                            }
                            for kind in kinds
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    "KERNEL": {"description": {"text": "The root of the kernel's sources."}},
                },
                "artifacts": [
                    {"location": {"uri": _uri(c.note.path)}, "encoding": c.note.encoding} for c in checked
                ],
                "results": results,
            }
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    said = finding.message or finding.words
    result: dict[str, Any] = {
        "ruleId": finding.kind,
        "ruleIndex": rule,
        "level": "note" if finding.status else finding.severity,
        "message": {"text": f"{finding.words}: {said}" if finding.message else said},
        "locations": [{"physicalLocation": _physical(finding)}],
        "partialFingerprints": {"kcgLine/v1": finding.key or "0"},
    }
    if finding.version:
        result["message"]["text"] += f" (Linux {finding.version})"
    if finding.place:
        result["relatedLocations"] = [
            {
                "id": 1,
                "physicalLocation": _kernel(finding.place.file, finding.place.line),
                "message": {"text": f"The kernel has it at {place_text(finding.place)}."},
            }
        ]
    if finding.steps:
        result["codeFlows"] = [
            {
                "message": {"text": "The way that the kernel takes"},
                "threadFlows": [
                    {
                        "locations": [
                            {
                                "location": {
                                    "physicalLocation": _kernel(s.site.file, s.site.line),
                                    "message": {"text": f"{s.caller.name} calls {s.callee}: {s.expression}"},
                                },
                                "nestingLevel": depth,
                            }
                            for depth, s in enumerate(finding.steps)
                        ]
                    }
                ],
            }
        ]
    if finding.status:
        result["suppressions"] = [{"kind": "external", "justification": finding.status}]
    return result


def _physical(finding: Finding) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    if finding.end_column > finding.column:
        region["endColumn"] = finding.end_column
    return {"artifactLocation": {"uri": _uri(finding.path)}, "region": region}


def _kernel(file: str, line: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(file), "uriBaseId": "KERNEL"}, "region": {"startLine": max(1, line)}}


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.removeprefix("./"), safe="/~-._")


def github(found: Sequence[Finding]) -> str:
    """Workflow commands that annotate the notes; at most ten errors and ten warnings, as GitHub shows."""
    lines: list[str] = []
    for level, severity in (("error", "error"), ("warning", "warning"), ("notice", "note")):
        mine = [f for f in found if f.severity == severity and not f.status]
        shown = mine if len(mine) <= _MAX_ANNOTATIONS else mine[: _MAX_ANNOTATIONS - 1]
        lines += [_annotation(level, f) for f in shown]
        if len(mine) > len(shown):
            rest = f"{len(mine) - len(shown)} more lines; the log and the step summary have them all"
            lines.append(f"::{level} title=kcg check::{_data(rest)}")
    lines += [finding_text(f) for f in found if f.severity != "none" and not f.status]
    return "".join(line + "\n" for line in lines)


def _annotation(level: str, finding: Finding) -> str:
    said = f"{finding.text}: {finding.message or finding.words}" if finding.text else finding.message
    if finding.place:
        said += f" [{place_text(finding.place)}, Linux {finding.version}]"
    columns = f",col={finding.column}"
    if finding.end_column > finding.column:
        columns += f",endColumn={finding.end_column - 1}"
    place = f"file={_property(finding.path)},line={finding.line}{columns},title={_property(finding.words)}"
    return f"::{level} {place}::{_data(said[:_MAX_MESSAGE])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(checked: Sequence[NoteVerdicts], found: Sequence[Finding]) -> str:
    """Markdown for $GITHUB_STEP_SUMMARY: figures, then what fails; cut before GitHub's limit."""
    judged = [f for f in found if f.version]
    head = ["## kcg check", "", summary_text(checked, found), "", "| verdict | lines |", "|---|---|"]
    head += [f"| {VERDICT_WORDS[kind]} | {number} |" for kind, number in counted(judged).items()]
    rows = ["", "| note | line | verdict | statement | what is true | kernel |", "|---|---|---|---|---|---|"]
    size = sum(len(r.encode()) for r in head)
    failing = [f for f in judged if f.failed]
    for number, finding in enumerate(failing):
        cells = (
            finding.path,
            str(finding.line),
            finding.words,
            f"`{finding.text}`",
            finding.message,
            f"{finding.version} {place_text(finding.place)}",
        )
        row = "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"
        size += len(row.encode()) + 1
        if size > _MAX_SUMMARY:
            rows.append(f"\n{len(failing) - number} more lines")
            break
        rows.append(row)
    return "\n".join([*head, *(rows if failing else [])]) + "\n"
