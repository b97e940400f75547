"""How near an external definition is to a caller, as the linker sees it: one object, one module, vmlinux, or an
exported symbol of another module.

The build table gives the images; `EXPORT_SYMBOL` what a module may use. Not handled: name spaces of exported
symbols, and linker scripts that rename.
"""

import posixpath
import re
from collections.abc import Iterable

from analyzer.model.kbuild import Image
from analyzer.resolve.scopes import Scopes

_WORD = re.compile(r"\w+")

_SAME, _OPEN, _HIDDEN, _UNKNOWN, _APART = range(5)


def exported(scopes: Scopes, path: str, name: str) -> bool:
    """Whether a file exports a symbol to modules (`EXPORT_SYMBOL`, `EXPORT_SYMBOL_GPL`, …)."""
    if path not in scopes.index.files("argument", name):
        return False
    return any(
        use.macro.startswith("EXPORT_SYMBOL") and name in _WORD.findall(use.arguments)
        for use in scopes.index.facts(path).invocations
    )


def images_of(scopes: Scopes, path: str) -> frozenset[tuple[Image, str]]:
    """The images and link units that a file may end up in; those of its includers when it is a part of
    them."""
    found = set(scopes.kbuild.built(path).images)
    if not found and not path.endswith(".h"):
        for includer in scopes.of(path).includers:
            found.update(scopes.kbuild.built(includer).images)
    return frozenset(found)


def in_kernel(scopes: Scopes, path: str) -> bool:
    """Whether a file ends up in vmlinux or a module, as far as is known: not only in a boot loader."""
    images = {image for image, _ in images_of(scopes, path)}
    return not images or bool(images & {"vmlinux", "module"})


def in_kernels_assembly(scopes: Scopes, name: str) -> bool:
    """Whether an assembler file that ends up in vmlinux or a module defines a symbol."""
    return any(in_kernel(scopes, path) for path in scopes.assembling(name))


def surely_linked(scopes: Scopes, path: str, guard: str) -> bool:
    """Whether what stands in a file under a guard is in the kernel in every configuration that is meant."""
    if path.endswith(".h") or not scopes.kbuild.known:
        return True
    return scopes.kbuild.built(path).truth is True and scopes.configuration.holds(guard) is True


def is_apart(scopes: Scopes, caller: str, callee: str, name: str) -> bool:
    """Whether a definition is linked into other images only than the caller, such as the boot loader's."""
    return distance(scopes, caller, callee, name) == _APART


def may_be_assembled(scopes: Scopes, caller: str, name: str) -> bool:
    """Whether an assembler file that is linked with the caller defines a symbol."""
    return any(not is_apart(scopes, caller, path, name) for path in scopes.assembling(name))


def distance(scopes: Scopes, caller: str, callee: str, name: str) -> int:
    """The rank of a definition in `callee` for a call from `caller`; smaller is nearer. Definitions of equal
    rank are told apart by other means."""
    if not scopes.kbuild.known:
        return _SAME
    here, there = images_of(scopes, caller), images_of(scopes, callee)
    if not here:  # a header is part of whoever includes it
        here = frozenset({("vmlinux", ""), ("module", "")}) if caller.endswith(".h") else here
    if not here or not there:
        return _UNKNOWN
    units = {unit for _, unit in here}
    if any(unit in units and image != "vmlinux" for image, unit in there):
        return _SAME
    ours, theirs = {image for image, _ in here}, {image for image, _ in there}
    if "other" in ours & theirs and _folders(here) & _folders(there):
        return _OPEN  # one library, of a boot loader, say
    if "vmlinux" in theirs and "vmlinux" in ours:
        return _SAME if units & {unit for _, unit in there} else _OPEN
    if ours & {"vmlinux", "module"} and theirs & {"vmlinux", "module"}:
        if "module" in ours and exported(scopes, callee, name):
            return _OPEN
        return _HIDDEN if "vmlinux" in theirs else _APART
    return _APART


def _folders(places: Iterable[tuple[Image, str]]) -> set[str]:
    """The folders of the link units in images of their own."""
    return {posixpath.dirname(unit) for image, unit in places if image == "other"}
