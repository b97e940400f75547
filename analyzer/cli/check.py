"""Commands about notes: check and snapshot.

Not handled: notes in other formats than text.
"""

import contextlib
import functools
import os
from typing import TYPE_CHECKING

import click

from analyzer.cli.console import Progress, emit, say
from analyzer.cli.options import Common, forms_option, opened, output_option, settings_option, several_kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.model.checks import Finding, Note, NoteVerdicts
    from analyzer.pipeline.session import Session
    from analyzer.pipeline.settings import Settings


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--revs", metavar="A..B", help="Release tags from A to B, or revisions with commas, of the repository."
)
@click.option(
    "--since",
    metavar="VERSION",
    help="Say for each line in which version it breaks first, from this one on; with `-k REPOSITORY`, in its "
    "release tags.",
)
@click.option(
    "--bind", metavar="NAME=CONSTANT", multiple=True, help="Only what can be reached when this holds; repeatable."
)
@forms_option("text", "json", "junit", "sarif", "github")
@click.option("-a", "--all", "everything", is_flag=True, help="List also the lines that hold.")
@click.option("--fix", is_flag=True, help="Rewrite the notes' wrong lines in their own style.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, as a patch; change nothing.")
@click.option("--changed-only", is_flag=True, help="Only trees that differ from the revision of --base.")
@click.option(
    "--base", metavar="REV", default="HEAD", show_default=True, help="What --changed-only compares with."
)
@click.option("--baseline", metavar="FILE", help="Known failures, which do not fail the run.")
@click.option("--write-baseline", is_flag=True, help="Take the failures of now as known.")
@settings_option
@output_option()
@several_kernels
def check(
    files: tuple[str, ...],
    revs: str | None,
    since: str | None,
    bind: tuple[str, ...],
    form: str,
    everything: bool,
    fix: bool,
    diff: bool,
    changed_only: bool,
    base: str,
    baseline: str | None,
    write_baseline: bool,
    settings: str | None,
    output: str | None,
    commons: tuple[Common, ...],
) -> None:
    """Call trees written in notes, checked line by line against kernels.

    FILE is a Markdown, reStructuredText, Org or plain text file, or a folder of them; by default what the
    settings name, and the golden trees of `kcg snapshot`. Exit codes: 0 all hold, 1 something fails, 2 a
    mistake in usage or input.
    """
    from analyzer.compare.findings import findings
    from analyzer.pipeline import baseline as known
    from analyzer.pipeline import snapshots
    from analyzer.pipeline.checking import check_note, check_notes, load_note, note_files
    from analyzer.pipeline.facts import SessionFacts
    from analyzer.pipeline.settings import load_settings

    chosen = load_settings(settings)
    paths = note_files(files) if files else chosen.notes()
    if not paths and not chosen.trees:
        raise click.UsageError("no notes: name files, or set check.files in kcg.toml")
    bound = _bindings(bind, chosen)
    notes = [load_note(path) for path in paths]
    known_file = baseline or chosen.path(chosen.baseline)
    accepted = known.read_baseline(known_file) if known_file and not write_baseline else frozenset()
    rated = functools.partial(findings, severity=chosen.severity, baseline=accepted)
    changes = ""
    with contextlib.ExitStack() as stack:
        sessions = _sessions(stack, _commons(commons, revs, since, chosen))
        facts = [SessionFacts(session) for session in sessions]
        changed = {n.path: _changed(n.path, base) for n in notes} if changed_only else None
        jobs = commons[0].jobs or os.cpu_count() or 1
        checked = check_notes(notes, sessions, facts, bound, changed=changed, jobs=jobs)
        found = [finding for one in checked for finding in rated(one)]
        if not files and not (fix or diff):
            trees = [(s, r) for s in sessions for r in snapshots.compare(s, chosen)]
            found += [snapshots.finding(r, s.info.label) for s, r in trees]
            changes = "".join(r.difference for _, r in trees)
        if (diff or fix) and not write_baseline:

            def judge(note: "Note") -> "NoteVerdicts":
                return check_note(note, sessions, facts, bound)

            mended = _fix(checked, judge, write=not diff, common=commons[0], output=output)
            if diff:
                return
            again = [judge(load_note(path)) for path in mended]
            checked = [c for c in checked if c.note.path not in mended] + again
            found = [f for f in found if f.path not in mended] + [f for c in again for f in rated(c)]
    if write_baseline:
        if not known_file:
            raise click.UsageError("--write-baseline wants --baseline FILE, or check.baseline in kcg.toml")
        commons[0].tell(f"wrote {known_file} ({known.write_baseline(known_file, found)} known failures)")
        return
    versions = [s.info.version for s in sessions]
    _report(checked, found, versions, form, changes=changes, everything=everything, since=since, output=output)
    if any(f.failed for f in found):
        raise click.exceptions.Exit(1)


@click.command()
@settings_option
@several_kernels
def snapshot(settings: str | None, commons: tuple[Common, ...]) -> None:
    """Write the golden trees that kcg.toml lists.

    `kcg check` without files compares them with a kernel.
    """
    from analyzer.pipeline import snapshots
    from analyzer.pipeline.settings import load_settings

    chosen = load_settings(settings)
    if not chosen.trees:
        raise click.UsageError("no trees: list them as [[snapshot]] with a root in kcg.toml")
    for common in _commons(commons, None, None, chosen):
        with opened(common) as session:
            for path in snapshots.write(session, chosen):
                emit(f"{path}\n")


def _bindings(given: tuple[str, ...], chosen: "Settings") -> dict[str, str]:
    bound = dict(chosen.bindings)
    for one in given:
        name, equals, constant = one.partition("=")
        if not equals or not name.strip() or not constant.strip():
            raise click.BadParameter(
                f"{one!r} is not NAME=CONSTANT, such as type=SOCK_STREAM.", param_hint="--bind"
            )
        bound[name.strip()] = constant.strip()
    return bound


def _commons(
    commons: tuple[Common, ...], revs: str | None, since: str | None, chosen: "Settings"
) -> tuple[Common, ...]:
    """One for each kernel: those of -k, their revisions, or those of the settings."""
    import dataclasses

    first = commons[0]
    if first.arch == "x86" and chosen.arch:
        commons = tuple(dataclasses.replace(c, arch=chosen.arch) for c in commons)
    if chosen.config and not first.config:
        commons = tuple(dataclasses.replace(c, config=chosen.path(chosen.config)) for c in commons)
    if first.kernel is None and chosen.kernels and not os.environ.get("KCG_KERNEL"):
        commons = tuple(
            dataclasses.replace(commons[0], kernel=chosen.path(k) if not k.startswith("~") else k)
            for k in chosen.kernels
        )
    if revs:
        from analyzer.pipeline import histories

        if len(commons) != 1 or commons[0].kernel is None:
            raise click.UsageError("--revs wants one repository with -k")
        sources = histories.revisions(revs, [commons[0].kernel]).sources
    elif since and len(commons) == 1 and first.kernel and "@" not in first.kernel:
        sources = tuple(f"{first.kernel}@{tag}" for tag in _releases(first.kernel, since))
    else:
        return commons
    return tuple(dataclasses.replace(commons[0], kernel=source) for source in sources)


def _releases(repository: str, since: str) -> list[str]:
    from analyzer.io.changes import release_tags

    tags = release_tags(repository)
    first = since if since.startswith("v") else f"v{since}"
    if first not in tags:
        raise click.BadParameter(f"{repository} has no release tag {first}.", param_hint="--since")
    return tags[tags.index(first) :]


def _sessions(stack: contextlib.ExitStack, commons: tuple[Common, ...]) -> "list[Session]":
    return [stack.enter_context(opened(common, Progress(quiet=common.quiet))) for common in commons]


def _changed(path: str, base: str) -> frozenset[int] | None:
    from analyzer.io.changes import changed_lines

    return changed_lines(path, base)


def _fix(
    checked: "list[NoteVerdicts]",
    judge: "Callable[[Note], NoteVerdicts]",
    *,
    write: bool,
    common: Common,
    output: str | None,
) -> list[str]:
    """Mend the notes, or show the patch; the paths of those that were written."""
    from analyzer.pipeline.mending import mended

    patches: list[str] = []
    written: list[str] = []
    for one in checked:
        result = mended(one, judge)
        if result.refused:
            say(f"{one.note.path}: {result.refused}")
        elif result.patch:
            patches.append(result.patch)
            if write:
                result.write()
                written.append(one.note.path)
                common.tell(f"mended {one.note.path} ({result.count} lines)")
    if not write:
        _emit("".join(patches), output)
    return written


def _report(
    checked: "list[NoteVerdicts]",
    found: "list[Finding]",
    versions: list[str],
    form: str,
    *,
    changes: str,
    everything: bool,
    since: str | None,
    output: str | None,
) -> None:
    """Write what was found in a form; `changes` of golden trees stand above the text."""
    from analyzer.render import verdicts
    from analyzer.render.answers import document

    if form == "json":
        _emit(document(verdicts.report_json(checked, found)), output)
    elif form == "text":
        if since:
            text = verdicts.breaks_text(found, versions)
        elif len(versions) > 1:
            text = verdicts.table_text(found, versions) + "\n"
            text += verdicts.report_text(checked, found, everything=everything)
        else:
            text = verdicts.report_text(checked, found, everything=everything)
        _emit(changes + text, output)
    else:
        from analyzer.render import reports

        if form == "junit":
            _emit(reports.junit(checked, found), output)
        elif form == "sarif":
            _emit(reports.sarif(checked, found), output)
        else:
            _emit(reports.github(found), output)
            summary = os.environ.get("GITHUB_STEP_SUMMARY")
            if summary:
                with open(summary, "a", encoding="utf-8") as stream:
                    stream.write(reports.step_summary(checked, found))


def _emit(text: str, output: str | None) -> None:
    if output is None:
        emit(text)
        return
    from analyzer.pipeline.outputs import prepare, write_bytes

    prepare(output)
    write_bytes(output, text.encode())
