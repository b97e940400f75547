"""Where a name that holds an address stands at file scope: in initializers, macro uses, macros' bodies, lists.

Not handled: pasted names of which every part stands in more than `_MAX_PARTS` files.
"""

import itertools
import re
from collections.abc import Iterable

from analyzer.model.facts import Definition, Invocation, Object
from analyzer.resolve.address_in_bodies import AddressInBodies
from analyzer.resolve.address_trail import Means, Trail
from analyzer.resolve.flow import Place
from analyzer.resolve.functions import Function
from analyzer.resolve.listed import inclusions
from analyzer.resolve.macrouse import expansion_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.static_calls import KEY
from analyzer.resolve.words import has_word, parts_of

_NUMBER = re.compile(r"\d+")
_MAX_PARTS = 20  # files with a part of a pasted name in a macro use
_MAX_USES = 4  # of a macro that names the function are looked at


class AddressAtFileScope:
    """Follows an address by the name that stands for it, and into the functions that mention that."""

    def __init__(self, means: Means, trail: Trail, bodies: AddressInBodies) -> None:
        self._names = means.names
        self._index = means.names.index
        self._slots = means.slots
        self._flow = means.flow
        self._routes = means.routes
        self._trail = trail
        self._bodies = bodies

    def named(self, name: str, paths: Iterable[str], *, own: bool = False) -> None:
        """A name that stands for the function where it is a value: the function's own, a file-scope variable's."""
        # a call of the function by its name gives its address to nobody
        word = re.compile(rb"\b" + re.escape(name.encode()) + (rb"\b(?!\s*\()" if own else rb"\b"))
        for path in self._trail.native(paths):
            text = self._index.text(path)
            if not word.search(text) and path not in self._index.files("reference", name):
                continue  # (items of lists are no text)
            self._in_objects(path, name, own)
            for definition in self._index.facts(path).definitions:
                if definition.end and word.search(text, definition.body, definition.end):
                    for holder in self._names.functions_of(path, definition):
                        self._bodies.follow(holder, name, member=False)
        if own:
            self._pasted(name)
            self._pasted_in_bodies(name)
            for path in self._trail.native(self._index.files("argument", name)):
                if self._flow.initcalls.registers(path, name):
                    self._trail.at_initcall()
            self._listed(name)
            self._in_macros(name)
            for macro in self._routes.standing_for(name):
                self.named(macro, self._index.mentioning(macro))
            self._in_given_members(name)

    def _in_macros(self, name: str) -> None:
        """Macros whose bodies put the name somewhere; what one use does, others do."""
        for macro in self._routes.putting(name):
            uses = (
                (self._names.scopes.of(path), use)
                for path in self._trail.native(self._index.files("use", macro))
                for use in self._index.facts(path).invocations
                if use.macro == macro or has_word(use.tail, macro)
            )
            for scope, use in itertools.islice(uses, _MAX_USES):
                self._made_by(scope, use, name)
            for path in self._trail.native(self._index.files("reference", macro)):
                for variable in self._index.facts(path).objects:
                    for slot in self._slots.named_by(self._names.scopes.of(path), variable, name, macro):
                        self._trail.into_slot(slot, path)
            bodies = (
                (path, definition)
                for path in self._trail.native(self._index.files("call", macro))
                for definition in self._index.facts(path).definitions
                if any(call.name == macro for call in definition.calls)
            )
            for path, definition in itertools.islice(bodies, _MAX_USES):
                for holder in self._names.functions_of(path, definition):
                    self._in_body(holder, macro, name)

    def _in_body(self, function: Function, macro: str, name: str) -> None:
        """What a macro in a body, which names the function itself, does with it."""
        frame = self._flow.frame(function)
        for call in function.definition.calls:
            if call.name == macro:
                text = self._index.text(function.path)[call.start : call.end].decode("utf-8", "replace")
                self._bodies.in_tokens(frame.scope, frame.typer.expand(text), {name}, function, call.line)
        if self._slots.by_macros.has_initializer(frame.scope, macro):
            self._bodies.in_tables(function, macro, name)

    def _in_given_members(self, name: str) -> None:
        """Macros that store into the member they are given, and paste the name for it."""
        by_macros = self._slots.by_macros
        for path in sorted({path for part in parts_of(name) for path in by_macros.giving(part)}):
            scope = self._names.scopes.of(path)
            for definition in self._index.facts(path).definitions:
                for macro in sorted({c.name for c in definition.calls} & by_macros.naming().keys()):
                    if self._pastes(scope, definition, macro, name):
                        for holder in self._names.functions_of(path, definition):
                            self._in_body(holder, macro, name)

    def _pasted_in_bodies(self, name: str) -> None:
        """Macros in bodies that paste the name together: `(struct device_attribute)__ATTR_RW(type)`."""
        parts = parts_of(name)
        own = name == self._trail.static
        if own:
            paths = [self._trail.path, *self._names.scopes.of(self._trail.path).includers]
        else:
            found = (self._index.files("reference", part) for part in parts if part != name)
            paths = sorted({path for files in found if len(files) <= _MAX_PARTS for path in files})
        for path in self._trail.native(paths):
            scope = self._names.scopes.of(path)
            for definition in self._index.facts(path).definitions:
                given = (word for word, _ in definition.references)  # which are none in capitals
                if not own and not any(word in parts and word != name for word in given):
                    continue
                for macro in sorted({c.name for c in definition.calls}):
                    if scope.macro(macro) and self._pastes(scope, definition, macro, name):
                        for holder in self._names.functions_of(path, definition):
                            self._in_body(holder, macro, name)

    def _pastes(self, scope: Scope, definition: Definition, macro: str, name: str) -> bool:
        """Whether a use of a macro in a body makes an identifier of its arguments."""
        text = self._index.text(scope.file)
        uses = (text[c.start : c.end] for c in definition.calls if c.name == macro)
        given = (use.partition(b"(")[2][:-1].decode("utf-8", "replace") for use in uses)
        return any(self._names.maker.may_paste(scope, macro, arguments, name) for arguments in given)

    def _in_objects(self, path: str, name: str, own: bool) -> None:
        """What a file's initializers and macro uses at file scope do with a name."""
        for slot in self._slots.naming(path, name):
            self._trail.into_slot(slot, path if own else "")
        for variable in self._index.facts(path).objects:
            if not variable.function:
                self._in_object(path, variable, name)
        scope = self._names.scopes.of(path)
        for use in self._index.facts(path).invocations:
            if has_word(use.arguments, name) or has_word(use.tail, name):
                self._in_use(scope, use, name)

    def _in_object(self, path: str, variable: Object, name: str) -> None:
        """A variable or an array that holds the name itself."""
        held = has_word(variable.value, name) or any(
            "." not in entry.path and has_word(entry.value, name)
            for entry in (*variable.entries, *self._names.lists.entries(path, variable))
        )
        if held and variable.name:
            self._trail.go(Place("global", path if variable.static else "", variable.name))

    def _in_use(self, scope: Scope, use: Invocation, name: str) -> None:
        """What a macro use at file scope makes of a name."""
        if self._names.maker.is_listed(scope, use):
            for inclusion in inclusions(self._names.scopes, scope.path, use.macro):
                if inclusion.path != scope.path:
                    self._in_objects(inclusion.path, name, own=True)
        if not use.tail and not self._names.maker.may_define(scope, use):
            return
        for variable in self._names.maker.objects(scope, use):
            if variable.name.startswith(KEY) and any(has_word(e.value, name) for e in variable.entries):
                self._trail.go(Place("static_call", "", variable.name.removeprefix(KEY)))
            self._in_object(scope.path, variable, name)
        facts = self._names.maker.use(scope, use)
        for function in self._names.maker.from_use(scope, use) if facts and facts.definitions else ():
            keeping = [v.name for v in function.definition.variables if has_word(v.value, name)]
            if keeping:  # it has no text to follow the name in
                self._trail.variables.update(keeping)
                self._trail.add(function)
        self._bodies.in_tokens(scope, expansion_of(scope, use), {name}, None)

    def _pasted(self, name: str) -> None:
        """Macro uses that paste the name together."""
        tried: set[tuple[str, int]] = set()
        listing: set[str] = set()  # files that include lists of parts
        for part in parts_of(name):
            paths = self._index.files("argument", part)
            if len(paths) > _MAX_PARTS:
                paths = tuple(p for p in paths if p == self._trail.path)
            for path in self._trail.native(paths):
                scope = self._names.scopes.of(path)
                if any(has_word(e.value, part) for o in self._index.facts(path).objects for e in o.entries):
                    for slot in self._slots.naming(path, name):
                        self._trail.into_slot(slot, path)
                for use in self._index.facts(path).invocations:
                    key = (path, use.start)
                    if key in tried or not has_word(use.arguments, part):
                        continue
                    tried.add(key)
                    if self._names.maker.is_listed(scope, use):
                        listing.update(i.path for i in inclusions(self._names.scopes, path, use.macro))
                    if not self._names.maker.holds(scope, use, name):
                        continue
                    if self._flow.initcalls.makes(use):
                        self._trail.at_initcall()
                    self._made_by(scope, use, name)
        for path in sorted(listing):
            self._in_objects(path, name, own=True)
        self._numbered(name)

    def _numbered(self, name: str) -> None:
        """Macro uses in the function's own file that paste the name together of a number, which no posting has."""
        numbers = set(_NUMBER.findall(name))
        scope, holds = self._names.scopes.of(self._trail.path), self._names.maker.holds
        for use in self._index.facts(self._trail.path).invocations if numbers else ():
            if not numbers.isdisjoint(_NUMBER.findall(use.arguments)) and holds(scope, use, name):
                self._made_by(scope, use, name)

    def _made_by(self, scope: Scope, use: Invocation, name: str) -> None:
        """What a macro use does with a name that is not among its arguments."""
        for variable in self._names.maker.objects(scope, use):
            for slot in self._slots.named_by(scope, variable, name):
                self._trail.into_slot(slot, scope.path)
        self._in_use(scope, use, name)

    def _listed(self, name: str) -> None:
        """Tables of system calls, which generated headers hold."""
        lists = self._names.lists
        for path in lists.including():
            if self._names.scopes.foreign(path):
                continue
            for variable in self._index.facts(path).objects:
                if any(entry.value == name for entry in lists.entries(path, variable)):
                    self._in_object(path, variable, name)
            for include in self._index.includes(path):
                if any(row.function == name for row in lists.system_calls(include)):
                    for definition in self._index.facts(path).definitions:
                        if definition.line <= include.line <= definition.end_line:
                            for function in self._names.functions_of(path, definition):
                                self._trail.add(function)
