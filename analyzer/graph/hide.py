"""Which calls a tree or diagram leaves out, and the small language in which a user says so.

`default,-printk,+alloc,ext4_*` is read from left to right: `default` is every profile that is
noise, `none` starts from nothing, a profile name or `+name` adds, `-name` takes away; anything
else is a pattern over function and macro names. A spelling that begins with `+` or `-` starts from
`default`.

Not handled: hiding by file or by argument; exports never hide.
"""

import difflib
import fnmatch
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from analyzer.errors import KcgError
from analyzer.graph.profiles import DEFAULT, DEFERRED, PROFILES
from analyzer.model.callgraph import HANDED_OVER, Edge

_CALLEE = re.compile(r"\s*([A-Za-z_]\w*)\s*\(")
_PATTERN = re.compile(r"[\w*?\[\]!]+\Z")


@dataclass(frozen=True, slots=True)
class Hide:
    """What is hidden: profiles by name, further patterns, and patterns that are shown all the
    same."""

    profiles: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    _matches: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _shows: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the patterns."""
        globs = [glob for name in self.profiles for glob in PROFILES[name]]
        object.__setattr__(self, "_matches", _compile((*globs, *self.patterns)))
        object.__setattr__(self, "_shows", _compile(self.shown))

    def __bool__(self) -> bool:
        """Whether it can hide anything."""
        return bool(self.profiles or self.patterns)

    def hides_name(self, name: str) -> bool:
        """Whether a function or macro of this name is left out."""
        return bool(self._matches.match(name)) and not self._shows.match(name)

    def hides(self, edge: Edge) -> bool:
        """Whether this edge is left out.

        The profile `deferred` leaves out functions that are handed over (work, timers, RCU callbacks, threads,
        interrupt handlers) where they are handed over; where they are run they stay.
        A call through a pointer is left out for its target's name, not for a noise macro around it (which wraps
        the interesting thing then); unresolved, it is left out when the innermost macro that makes it is noise.
        """
        name = edge.callee.name if edge.callee else ""
        if edge.kind == "callback" and edge.rule == HANDED_OVER and DEFERRED in self.profiles:
            return not self._shows.match(name)
        if edge.kind == "direct":
            if not name:
                match = _CALLEE.match(edge.expression)
                name = match[1] if match else ""
            # An explicitly shown name wins over the macro around it.
            if name and self._shows.match(name):
                return False
            return self.hides_name(name) or any(self.hides_name(macro) for macro in edge.macros)
        if not name:
            made = bool(edge.macros) and edge.expression.startswith(edge.macros[0])
            return made and self.hides_name(edge.macros[-1])
        return self.hides_name(name)

    def showing(self, names: Iterable[str]) -> "Hide":
        """The same, but these names (a root, the function of `--to`) are never hidden."""
        extra = tuple(name for name in names if name not in self.shown)
        return Hide(self.profiles, self.patterns, self.shown + extra) if extra else self

    def describe(self) -> str:
        """One line for people: `atomics, locks, ext4_* (but showing printk)`; "" when nothing."""
        hidden = ", ".join((*self.profiles, *self.patterns))
        return f"{hidden} (but showing {', '.join(self.shown)})" if self.shown else hidden


def default_hide() -> Hide:
    """What `kcg tree` hides unasked."""
    return Hide(profiles=DEFAULT)


def parse_hide(text: str) -> Hide:
    """The Hide a `--hide` value spells. Raises KcgError for what is neither profile nor pattern."""
    tokens = [token.strip() for token in text.split(",") if token.strip()]
    profiles: set[str] = set(DEFAULT) if tokens and tokens[0][0] in "+-" else set()
    patterns: list[str] = []
    shown: list[str] = []
    for token in tokens:
        adds = not token.startswith("-")
        name = token.lstrip("+-")
        if name == "none" and adds:
            profiles.clear()
            patterns.clear()
            shown.clear()
        elif name == "default":
            profiles = profiles | set(DEFAULT) if adds else profiles - set(DEFAULT)
        elif name in PROFILES:
            profiles = profiles | {name} if adds else profiles - {name}
        else:
            _check(name, token)
            (patterns if adds else shown).append(name)
    return Hide(tuple(sorted(profiles)), tuple(dict.fromkeys(patterns)), tuple(dict.fromkeys(shown)))


def _check(name: str, token: str) -> None:
    if not _PATTERN.match(name):
        raise KcgError(
            f"--hide: `{token}` is neither a profile nor a pattern",
            hint=f"profiles: default, none, {', '.join(sorted(PROFILES))}; patterns: `ext4_*`",
        )
    near = difflib.get_close_matches(name, [*PROFILES, "default", "none"], n=1, cutoff=0.8)
    if near:
        raise KcgError(f"--hide: no profile `{name}`", hint=f"did you mean `{near[0]}`?")


@functools.cache
def _compile(globs: tuple[str, ...]) -> re.Pattern[str]:
    # One alternation: it is asked for every edge of a graph. `(?!)` matches nothing.
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs) or r"(?!)")
