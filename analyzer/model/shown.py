"""What `kcg show` answers: one value per definition of a name.

Texts are the source's own with white space folded; file paths are relative to the kernel's root.

Not here: values of constants beyond their text, and layouts (offsets, sizes).
"""

import msgspec

from analyzer.model.callgraph import Function


class ShownBuild(msgspec.Struct, frozen=True):
    """How a function's file gets into the kernel: what must hold for it to be built ("" when nothing, or
    nothing is known), what it is linked into (`vmlinux`, a module's path), and the lines of Makefiles."""

    guard: str
    images: tuple[str, ...]
    steps: tuple[str, ...]


class ShownFunction(msgspec.Struct, frozen=True, tag_field="kind", tag="function"):
    """A function's definition, the comment above it, its text where that was asked for."""

    function: Function
    comment: str = ""
    build: ShownBuild | None = None  # None for a header's, and where Makefiles say nothing


class ShownField(msgspec.Struct, frozen=True):
    """A member. `name` is dotted for members of a struct that is defined inside (`hook.create`)."""

    name: str
    type: str  # the declarator folded in: `int (*)(struct sock *)`, `struct list_head[8]`
    line: int
    guard: str = ""


class Member(msgspec.Struct, frozen=True):
    """A member as the source has it. `text` is its whole declaration; for a struct that is defined inside,
    `keyword` is what stands before its `{`, `tail` what stands behind its `}`, and `members` are its own.
    Enumerators have a `value`, the text after `=`."""

    name: str  # several with commas, empty for an anonymous struct
    text: str
    line: int
    guard: str = ""
    type: str = ""
    keyword: str = ""
    tail: str = ""
    value: str = ""
    comment: str = ""
    members: tuple["Member", ...] = ()


class Value(msgspec.Struct, frozen=True):
    """An entry of an initializer as the source has it: `designator` (`.name`, `[AF_INET]`, "" without one) and its
    `text`, or the `values` of braces inside."""

    designator: str
    text: str
    line: int
    guard: str = ""
    values: tuple["Value", ...] = ()


class ShownRecord(msgspec.Struct, frozen=True, tag_field="kind", tag="record"):
    """A struct or union with its members in order."""

    name: str
    keyword: str  # struct | union
    file: str
    line: int
    end_line: int
    fields: tuple[ShownField, ...]
    guard: str = ""
    members: tuple[Member, ...] = ()  # as written; empty when only facts are known
    comment: str = ""


class ShownConstant(msgspec.Struct, frozen=True):
    """A named constant; `value` is the text it is given, "" when it is counted on; `number` is what that is,
    None when it cannot be told; `alias` the constant it is another name of."""

    name: str
    value: str
    file: str
    line: int
    number: int | None = None
    alias: str = ""
    comment: str = ""


class ShownEnum(msgspec.Struct, frozen=True, tag_field="kind", tag="enum"):
    """An enum with its constants in order; `name` is "" for an untagged one."""

    name: str
    file: str
    line: int
    end_line: int
    constants: tuple[ShownConstant, ...]
    guard: str = ""
    comment: str = ""


class ShownConstants(msgspec.Struct, frozen=True, tag_field="kind", tag="constants"):
    """A family of constants that share a prefix, in order of value; `name` is as it was asked for: `AF_*`."""

    name: str
    constants: tuple[ShownConstant, ...]


class ShownTypedef(msgspec.Struct, frozen=True, tag_field="kind", tag="typedef"):
    """`typedef type name`."""

    name: str
    type: str
    file: str
    line: int
    guard: str = ""


class ShownMacro(msgspec.Struct, frozen=True, tag_field="kind", tag="macro"):
    """A `#define`; `parameters` is None for an object-like macro."""

    name: str
    parameters: tuple[str, ...] | None
    body: str
    file: str
    line: int
    guard: str = ""


class ShownEntry(msgspec.Struct, frozen=True):
    """One leaf of an initializer. `path` is dotted, also for elements: `ops.create`, `[3].run`."""

    path: str
    value: str
    line: int
    guard: str = ""


class ShownObject(msgspec.Struct, frozen=True, tag_field="kind", tag="object"):
    """A variable: an ops table with its entries, or a scalar with its `value`."""

    name: str
    type: str
    static: bool
    file: str
    line: int
    value: str = ""
    entries: tuple[ShownEntry, ...] = ()
    guard: str = ""
    values: tuple[Value, ...] = ()  # as written; empty when only facts are known
    comment: str = ""


Shown = ShownFunction | ShownRecord | ShownEnum | ShownConstants | ShownTypedef | ShownMacro | ShownObject
