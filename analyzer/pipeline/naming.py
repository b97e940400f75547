"""From what a person types to the function that is meant, or to an error that says what is near.

Not handled: names of other things than functions (`analyzer.pipeline.definitions`), and near names for the many
words of a note (`analyzer.pipeline.nearnames`).
"""

import difflib
import re
from collections.abc import Sequence

from analyzer.errors import AmbiguousNameError, UnknownNameError
from analyzer.model.callgraph import Function, FunctionRef
from analyzer.pipeline.extraction import HEAD_MARK
from analyzer.pipeline.stored import StoredIndex
from analyzer.resolve.functions import Function as Resolved
from analyzer.resolve.linkage import in_kernel, in_kernels_assembly, surely_linked
from analyzer.resolve.names import ref_of
from analyzer.resolve.resolver import Resolver, described

_SYSCALL_HEAD = re.compile(r"^(COMPAT_)?SYSCALL(?:32)?_DEFINE\w*\s*\(\s*(\w+)")
_QUALIFIED = re.compile(r"^(.+\.[chS]):(?:(\d+):)?(\w+)$")
_SUGGESTED = 5
_COMPARED = 20_000  # names that difflib, which is quadratic, is given at most


def meant(name: str, resolver: Resolver, stored: StoredIndex, version: str) -> Function:
    """The function of a name, of a system call's name or macro head, or of `file:function` and
    `file:line:function`. Raises UnknownNameError with near names and AmbiguousNameError with spellings that are
    unique."""
    wanted = name.strip().removesuffix("()")
    if match := _SYSCALL_HEAD.match(wanted):
        wanted = f"{'compat_' if match.group(1) else ''}sys_{match.group(2)}"
    elif match := _QUALIFIED.match(wanted):
        file, line, wanted = match.group(1), int(match.group(2) or 0), match.group(3)
        for found in resolver.named(wanted):
            if (found.path == file or found.path.endswith("/" + file)) and line in (0, found.definition.line):
                return described(found)
        raise unknown(wanted, f"No function {wanted} in {file}.", resolver, stored)
    candidates = _candidates(wanted, resolver)
    if not candidates:
        raise unknown(wanted, f"No function is called {wanted} in Linux {version}.", resolver, stored)
    if len({f.path for f in candidates}) == 1:
        return described(candidates[0])
    raise AmbiguousNameError(
        f"{wanted} is defined in {len(candidates)} places.",
        candidates=tuple(f"{f.path}:{wanted}" for f in candidates),
        hint="Name the file too.",
    )


def called(name: str, resolver: Resolver, stored: StoredIndex, version: str) -> FunctionRef:
    """The function of a name, as `meant`; also one that the kernel has in assembler, before what a boot
    loader or some configurations have in C. Raises as `meant` does."""
    wanted = name.strip().removesuffix("()")
    if in_kernels_assembly(resolver.scopes, wanted):
        scopes = resolver.scopes
        named = [f for f in _candidates(wanted, resolver) if f.definition.name == wanted]
        kernels = [f for f in named if not f.definition.static and in_kernel(scopes, f.path)]
        if not any(surely_linked(scopes, f.path, f.definition.guard) for f in kernels):
            return FunctionRef(wanted)
    return meant(name, resolver, stored, version).ref


def _candidates(wanted: str, resolver: Resolver) -> list[Resolved]:
    """The functions of a name, or of the system call of that name, that a call from elsewhere could mean."""
    found = resolver.named(wanted) or resolver.named(f"sys_{wanted}")
    if len({f.path for f in found}) <= 1:
        return _likeliest_first(found)
    names = resolver.names
    external = names.external(found[0].definition.name)
    if external:  # those of the kernel proper before a boot loader's
        kept = tuple(f for f in external if in_kernel(resolver.scopes, f.path)) or external
        return list(names.closest(resolver.scopes.of(kept[0].path), kept).functions)
    return [f for f in found if not f.definition.inline] or list(found)


def _likeliest_first(found: Sequence[Resolved]) -> list[Resolved]:
    """Definitions of one file, those that do something before stubs."""
    return sorted(
        found,
        key=lambda f: (not (f.definition.calls or f.definition.indirect or f.made), ref_of(f)),
    )


def unknown(name: str, message: str, resolver: Resolver, stored: StoredIndex) -> UnknownNameError:
    """The error for a name that nothing has: with the reason when its file is not built, else with near names."""
    for path, _, reason in resolver.names.not_built(name):
        return UnknownNameError(
            f"{name} is defined in {path}, {_left_out(resolver)}: {reason}.",
            hint="Give another --config, or none." if _is_configured(resolver) else "Give another --arch.",
        )
    made = resolver.names.renamed.made_of(name)
    if made:
        others = tuple(dict.fromkeys(f.definition.name for f in made))
        return UnknownNameError(
            f"{name} stands in {made[0].path}, where macros make other names of it: {len(others)} in all.",
            suggestions=others[:_SUGGESTED],
        )
    names = stored.function_names() | resolver.names.renamed.names().keys()
    calls = {n[len(HEAD_MARK) :] for n in names if n.startswith(HEAD_MARK)}
    spelled = {n for n in names if not n.startswith(HEAD_MARK)}
    stem = name.removeprefix("sys_")
    near = [
        f"sys_{n}" for n in difflib.get_close_matches(stem, _plausible(stem, calls)) if resolver.named(f"sys_{n}")
    ]
    near += difflib.get_close_matches(name, _plausible(name, spelled), n=_SUGGESTED, cutoff=0.7)
    return UnknownNameError(message, suggestions=tuple(dict.fromkeys(near))[:_SUGGESTED])


def _plausible(name: str, names: set[str]) -> list[str]:
    """Names near enough in length and letters to be worth comparing."""
    letters = set(name)
    return sorted(n for n in names if abs(len(n) - len(name)) <= 3 and len(letters ^ set(n)) <= 4)[:_COMPARED]


def absence(name: str, resolver: Resolver, version: str) -> str:
    """One clause that says why a name has no function."""
    for path, _, reason in resolver.names.not_built(name):
        return f"{name} is in {path}, {_left_out(resolver)}: {reason}"
    return f"no function is called {name} in Linux {version}"


def _is_configured(resolver: Resolver) -> bool:
    return resolver.configuration.options is not None


def _left_out(resolver: Resolver) -> str:
    """What keeps a file out that is not built."""
    if _is_configured(resolver):
        return "which this configuration does not build"
    return f"which no configuration of {resolver.configuration.arch} builds"


def spelled_names(stored: StoredIndex) -> frozenset[str]:
    """The names of all functions, as they stand in the text or in a macro's parentheses."""
    return frozenset(name.removeprefix(HEAD_MARK) for name in stored.function_names())
