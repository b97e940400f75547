"""A study note in Markdown: summary, call tree, main steps, functions, ops tables, structs, constants, a diagram.

The same note gives the same bytes: nothing depends on time, user or path. Fixed words are in English or Chinese;
what comes from the kernel stays as it is.

Not handled: other languages, and wrapping the kernel's own text.
"""

from collections.abc import Callable, Sequence

from analyzer.errors import KcgError
from analyzer.model.notes import Comment, FunctionNote, MainStep, StudyNote
from analyzer.model.shown import Shown
from analyzer.render.shown import shown_text

_EN = {
    "summary": "Summary",
    "entry": "Entry point",
    "version": "Kernel",
    "arch": "Architecture",
    "configuration": "Configuration",
    "any": "any (all `#if` branches are read)",
    "bindings": "Bindings",
    "none": "none",
    "made": "Made by",
    "tree": "Call tree",
    "steps": "Main steps",
    "functions": "Important functions",
    "tables": "Ops tables",
    "structs": "Structs",
    "enums": "Enums",
    "constants": "Constants",
    "diagram": "Diagram",
    "alternatives": "one of",
    "defined": "Defined in",
    "legend": "`…` has more below, `↑` is shown above, `⇒` calls through a pointer, `{…}` is an `#if` condition.",
}
_ZH = {
    "summary": "概要",
    "entry": "入口",
    "version": "内核版本",
    "arch": "体系结构",
    "configuration": "配置",
    "any": "不限(读取所有 `#if` 分支)",
    "bindings": "绑定",
    "none": "无",
    "made": "生成命令",
    "tree": "调用树",
    "steps": "主要步骤",
    "functions": "关键函数",
    "tables": "操作表",
    "structs": "数据结构",
    "enums": "枚举",
    "constants": "常量",
    "diagram": "调用图",
    "alternatives": "以下之一",
    "defined": "定义于",
    "legend": "`…` 表示下面还有调用,`↑` 表示上文已展开,`⇒` 表示通过函数指针调用,`{…}` 表示 `#if` 条件。",
}
LANGUAGES = {"en": _EN, "zh": _ZH}
_LONGEST_COMMENT = 30  # lines

Url = Callable[[str, int], str] | None


def note_markdown(note: StudyNote, tree: str, *, lang: str = "en", diagram: str = "", url: Url = None) -> str:
    """The note as Markdown. `tree` is the call tree as text, `diagram` the path of a picture beside the note (""
    for none), `url` makes a link of file and line. Raises KcgError for an unknown language."""
    words = LANGUAGES.get(lang)
    if words is None:
        raise KcgError(f"no language `{lang}`", hint=f"languages: {', '.join(LANGUAGES)}")
    writer = _Writer(note, words, url)
    parts = [
        f"# {note.entry.ref.name}\n",
        writer.summary(),
        writer.section("tree", f"```text\n{tree}```\n\n{words['legend']}\n"),
        writer.section("diagram", f"![{words['diagram']}: {note.entry.ref.name}]({diagram})\n" if diagram else ""),
        writer.section("steps", writer.steps(note.steps)),
        writer.section("functions", "\n".join(writer.function(f) for f in note.functions)),
        writer.section("tables", writer.definitions(note.tables)),
        writer.section("structs", writer.definitions(note.records)),
        writer.section("enums", writer.definitions(note.enums)),
        writer.section("constants", writer.constants()),
    ]
    return "\n".join(part for part in parts if part)


class _Writer:
    def __init__(self, note: StudyNote, words: dict[str, str], url: Url) -> None:
        self._note = note
        self._words = words
        self._url = url

    def section(self, word: str, text: str) -> str:
        """A section with its heading, "" when there is nothing in it."""
        return f"## {self._words[word]}\n\n{text}" if text else ""

    def summary(self) -> str:
        """What the note is about."""
        note, words = self._note, self._words
        rows = [
            (words["entry"], f"`{note.entry.signature}`, {self._link(note.entry.ref.file, note.entry.ref.line)}"),
            (words["version"], f"Linux {note.version}"),
            (words["arch"], note.arch),
            (words["configuration"], f"`{note.configuration}`" if note.configuration else words["any"]),
            (words["bindings"], ", ".join(f"`{b}`" for b in note.bindings) or words["none"]),
            (words["made"], f"`kcg note {note.entry.ref.name}{f' {note.options}' if note.options else ''}`"),
        ]
        text = "".join(f"- {name}: {value}\n" for name, value in rows)
        if note.summary:
            text += f"\n{note.summary.summary}\n"
        return self.section("summary", text)

    def _link(self, file: str, line: int) -> str:
        where = f"{file}:{line}"
        return f"[{where}]({self._url(file, line)})" if self._url else f"`{where}`"

    def steps(self, steps: Sequence[MainStep], depth: int = 0) -> str:
        """A numbered list, nested ones below."""
        lines = []
        indent = "   " * depth
        for number, step in enumerate(steps, 1):
            mark = f"{number}." if not step.label else "-"
            label = f"**{step.label}**: " if step.label else ""
            alternatives = bool(step.steps) and all(s.label for s in step.steps)
            tail = f" ({self._words['alternatives']})" if alternatives else ""
            summary = f" — {step.summary}" if step.summary else ""
            lines.append(f"{indent}{mark} {label}`{step.call}`{summary}{tail}\n")
            lines.append(self.steps(step.steps, depth + 1))
        return "".join(lines)

    def function(self, note: FunctionNote) -> str:
        """A function with what its comment says of it."""
        function = note.function
        text = f"### {function.ref.name}\n\n"
        text += f"```c\n{function.signature};\n```\n\n"
        text += f"{self._words['defined']} {self._link(function.ref.file, function.ref.line)}\n"
        if note.comment:
            text += f"\n{_quoted(note.comment)}"
        if note.excerpt:
            text += f"\n```c\n{note.excerpt}\n```\n"
        return text

    def definitions(self, items: Sequence[Shown]) -> str:
        """Definitions close to C, each under its name."""
        return "\n".join(f"```c\n{shown_text([item])}```\n" for item in items)

    def constants(self) -> str:
        """Single constants, then whole families."""
        note = self._note
        text = ""
        if note.constants:
            rows = [
                f"| `{c.name}` | `{c.value.replace('|', chr(92) + '|')}` | {'' if c.number is None else c.number} "
                f"| {self._link(c.file, c.line)} | {c.comment.replace('|', chr(92) + '|')} |\n"
                for c in note.constants
            ]
            text += "| | | = | | |\n| --- | --- | --- | --- | --- |\n" + "".join(rows)
        families = self.definitions(note.families)
        return f"{text}\n{families}" if text and families else text or families


def _quoted(comment: Comment) -> str:
    """A comment as a quotation; a plain one that is long is cut to its first sentence."""
    rows = comment.text.split("\n")
    if len(rows) > _LONGEST_COMMENT:
        rows = [*rows[:_LONGEST_COMMENT], "…"]
    return "".join(f"> {_escaped(row)}".rstrip() + "\n" for row in rows)


def _escaped(row: str) -> str:
    """Text of a comment that Markdown would take for markup."""
    stripped = row.strip()
    for mark in ("\\", "*", "_", "<", "`"):
        stripped = stripped.replace(mark, f"\\{mark}")
    return stripped


__all__ = ["LANGUAGES", "note_markdown"]
