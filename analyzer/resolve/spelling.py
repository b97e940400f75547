"""How a call is spelled in its edge: its text, its arguments, and the rule that binds it in words."""

from analyzer.resolve.flow import Target
from analyzer.resolve.functions import Function
from analyzer.resolve.tokens import split_arguments

_MAX_EXPRESSION = 160


def flow_rule(target: Target) -> str:
    """How a value got to where it is called, in words."""
    if target.kind == "initcall":
        return "initcall section"
    if target.kind == "hook":
        return "security hook"
    if target.kind == "static_call":
        return "static call"
    places = target.places
    if places == ("slot",):
        return "slot type"
    if "parameter" in places or target.handed:
        return "handed over as an argument"
    if "slot" in places:
        return "slot type"
    return "initialized variable" if "variable" in places or not places else "pointer value"


def clipped(text: str) -> str:
    """A text of bounded length; of a call the last arguments are left out: `f(a, b, …)`."""
    if len(text) <= _MAX_EXPRESSION:
        return text
    arguments = argument_texts(text, opened := text[: _opening(text)])
    kept = ""
    for argument in arguments:
        if len(opened) + len(kept) + len(argument) + len(", …)") > _MAX_EXPRESSION:
            break
        kept += f"{argument}, "
    return f"{opened}({kept}…)" if kept else text[: _MAX_EXPRESSION - 1] + "…"


def _opening(text: str) -> int:
    """Where the last parentheses of a call's text begin, 0 for what is no call."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[at], 0)
        if depth == 0:
            return at if text.endswith(")") else 0
    return 0


def argument_texts(written: str, callee: str = "", *, macro: bool = False) -> tuple[str, ...]:
    """The argument texts of a call as written; those of a macro's use are told apart as the preprocessor does."""
    at = len(callee) if callee and written.startswith(callee) else written.find("(")
    at = written.find("(", at)
    if at < 0 or not written.endswith(")"):
        return ()
    inside = written[at + 1 : -1].strip()
    if not inside:
        return ()
    return tuple(split_arguments(inside, brackets="(") if macro else split_arguments(inside))


def binding_rule(path: str, function: Function) -> str:
    """How a name in a file came to mean a function, in words."""
    if function.path == path:
        return "same file"
    if function.definition.static or function.path.endswith(".h"):
        return "included header"
    return "external definition"
