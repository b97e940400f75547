"""Which folders of a tree belong to the analysed architecture and to the kernel proper.

Not handled: architectures that read another one's sources beyond its headers.
"""

from analyzer.resolve.configuration import Configuration
from analyzer.resolve.index import Index

_FOREIGN = ("tools/", "scripts/", "samples/", "Documentation/", "usr/")


class Territory:
    """The folders of one architecture. `roots` hold its headers; before 2.6.28 `old_roots` do, include/asm-<arch>
    reached through a link made by the build."""

    def __init__(self, index: Index, configuration: Configuration) -> None:
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
        return path.startswith(_FOREIGN)


def _old_roots(index: Index, configuration: Configuration) -> tuple[str, ...]:
    names = {"x86": ("x86", "x86_64", "i386"), "i386": ("x86", "i386")}
    folders = (f"include/asm-{n}/" for n in names.get(configuration.arch, (configuration.directory,)))
    return tuple(folder for folder in folders if index.has(f"{folder}page.h"))[:1]
