"""What Makefiles say: the statements of one, and by which ways a source file gets into the kernel.

Says nothing of a configuration; a condition is a guard (`analyzer.model.guards`).
"""

from typing import Literal

import msgspec

Image = Literal["vmlinux", "module", "other", "host"]
StatementKind = Literal["assign", "if", "else", "endif", "include", "rule", "submake"]


class MakeStatement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One logical line, comments dropped, continuations joined, nothing expanded.

    `assign`: `name` `operator` `text`. `if`: `operator` is ifeq, ifneq, ifdef or ifndef and `text` what
    follows; for `else` the same of an `else ifeq`, both empty for a plain one. `include`: the files.
    `rule`: `name` the targets, `text` the prerequisites. `submake`: a recipe's line that runs make in the
    folder `text`.
    """

    kind: StatementKind
    line: int
    name: str = ""
    operator: str = ""
    text: str = ""


class BuildStep(msgspec.Struct, frozen=True, array_like=True):
    """A line of a Makefile that takes a part in building a file: `obj-$(CONFIG_FOO) += foo.o`."""

    file: str
    line: int
    text: str


class BuildWay(msgspec.Struct, frozen=True, array_like=True):
    """One way into the kernel: what must hold (all of the guards), the lines from the top down, and where
    the object ends up. `unit` names what is linked as one below the image: a module (`fs/ext4/ext4`) or
    the object itself."""

    conditions: tuple[str, ...]
    image: Image
    unit: str
    steps: tuple[BuildStep, ...]


class BuildEntry(msgspec.Struct, frozen=True, array_like=True):
    """A way from the top into a folder. `kind`: `y` and `m` as the folder was named in `obj-y` or `obj-m`,
    `o` when a rule of its own or `subdir-y` runs make there."""

    conditions: tuple[str, ...]
    kind: str
    steps: tuple[BuildStep, ...]


class BuildObject(msgspec.Struct, frozen=True, array_like=True):
    """A source file as the Makefile of `folder` names it; the folder's entries come on top. A "." stands for
    what is usual: the file's own folder, the object of its own name, the folder's Makefile."""

    folder: str
    conditions: tuple[str, ...]
    image: Image
    unit: str
    steps: tuple[BuildStep, ...]


class BuildTable(msgspec.Struct, frozen=True, array_like=True):
    """What the Makefiles of one tree and architecture say, for all configurations."""

    objects: dict[str, msgspec.Raw]  # by source file, encoded tuples of BuildObject: few are ever asked for
    folders: dict[str, tuple[str, tuple[BuildEntry, ...]]]  # reached folders: Makefile, ways into them
    opaque: dict[str, tuple[str, ...]]  # folder -> guards under which it builds what cannot be told
    defines: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]]  # -D: name, value, conditions; by place


class Built(msgspec.Struct, frozen=True):
    """What a configuration makes of a source file. `truth` is None when it is unknown; `reason` says why
    a file is not built, "" when it may be."""

    truth: bool | None
    reason: str = ""
    images: tuple[tuple[Image, str], ...] = ()  # where it may be linked: (image, unit)
