"""Which folders of a tree belong to the analysed architecture and to the kernel proper.

Not handled: architectures that read another one's sources beyond its headers.
"""

import posixpath
from collections.abc import Iterator

from analyzer.resolve.configuration import Configuration
from analyzer.resolve.index import Index

_FOREIGN = ("tools/", "scripts/", "samples/", "Documentation/", "usr/")


class Territory:
    """The folders of one architecture. `roots` hold its headers; before 2.6.28 `old_roots` do, include/asm-<arch>
    reached through a link made by the build."""

    def __init__(self, index: Index, configuration: Configuration) -> None:
        self._index = index
        self._included: dict[str, bool] = {}
        self._directory = configuration.directory
        self.roots = (f"arch/{self._directory}/include", f"arch/{self._directory}/include/generated")
        self.old_roots = () if index.has(f"{self.roots[0]}/asm/page.h") else _old_roots(index, configuration)

    def foreign(self, path: str) -> bool:
        """Whether a file belongs to another architecture or is no part of the kernel proper."""
        if path.startswith("arch/"):
            arch, _, rest = path[5:].partition("/")
            if rest.startswith("um/"):  # arch/x86/um is user mode Linux
                arch = "um"
            return arch != self._directory
        if path.startswith("include/asm-") and not path.startswith("include/asm-generic/"):
            return not path.startswith(self.old_roots) if self.old_roots else True
        return path.startswith(_FOREIGN) and not self._brought_in(path)

    def _brought_in(self, path: str) -> bool:
        """Whether a file of the tools is a part of the kernel, because one of the kernel's includes it, or a
        neighbour of which that is so: `lib/fdt.c` includes `scripts/dtc/libfdt/fdt.c`."""
        found = self._included.get(path)
        if found is None:
            found = self._included[path] = self._reached(path)
        return found

    def _reached(self, path: str) -> bool:
        """Whether a search from `path` back through its neighbours that include each other meets a file of the
        kernel. What it meets on its way is not kept: of files in a circle only the first asked is answered."""
        folder = posixpath.dirname(path)
        seen, todo = {path}, [path]
        while todo:
            for includer in self._includers(todo.pop()):
                if not includer.startswith(_FOREIGN):
                    if not self.foreign(includer):
                        return True
                elif posixpath.dirname(includer) == folder and includer not in seen:
                    seen.add(includer)
                    todo.append(includer)
        return False

    def _includers(self, path: str) -> Iterator[str]:
        """The files that include `path` by its place relative to their own."""
        base = posixpath.basename(path)
        for includer in self._index.files("includer", base):
            folder = posixpath.dirname(includer)
            targets = (include.target for include in self._index.includes(includer))
            if any(posixpath.normpath(posixpath.join(folder, t)) == path for t in targets if t.endswith(base)):
                yield includer


def _old_roots(index: Index, configuration: Configuration) -> tuple[str, ...]:
    names = {"x86": ("x86", "x86_64", "i386"), "i386": ("x86", "i386")}
    folders = (f"include/asm-{n}/" for n in names.get(configuration.arch, (configuration.directory,)))
    return tuple(folder for folder in folders if index.has(f"{folder}page.h"))[:1]
