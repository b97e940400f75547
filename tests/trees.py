"""Small kernels for tests: in memory, a few files given as text, and an empty one on disk."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from analyzer.extract.assembly import extract_assembly
from analyzer.extract.extractor import extract
from analyzer.extract.kbuild import extract_makefile
from analyzer.extract.lexical import lex
from analyzer.model.facts import FileFacts, Include
from analyzer.model.kbuild import BuildTable
from analyzer.pipeline.builds import is_makefile
from analyzer.pipeline.postings import names_of
from analyzer.resolve.configuration import Configuration
from analyzer.resolve.index import NameKind
from analyzer.resolve.kbuild.tree import read_tree
from analyzer.resolve.resolver import Resolver

# files that include each other: in circles, under a condition, for one architecture, and a `.c`
INCLUDING = {
    "include/linux/a.h": "#include <linux/b.h>\n#define A 1\n",
    "include/linux/b.h": "#include <linux/a.h>\n#define B 2\n",
    "include/linux/c.h": "#ifdef CONFIG_C\n#include <linux/a.h>\n#endif\n",
    "include/asm-generic/io.h": "#define IO generic\n",
    "arch/x86/include/asm/bits.h": "#define BITS 64\n",
    "arch/arm64/include/asm/bits.h": "#define BITS arm\n",
    "net/local.h": '#include "../include/linux/c.h"\n',
    "net/a.c": '#include <linux/a.h>\n#include "local.h"\n#include <asm/bits.h>\n#include <asm/io.h>\n',
    "net/b.c": "#include <linux/c.h>\n#include <generated/gone.h>\n",
    "net/part.c": "int in_part(void) { return A; }\n",
    "net/whole.c": '#include <linux/a.h>\n#include "part.c"\n',
}


class Tree:
    """Implements `analyzer.resolve.index.Index` over texts by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._texts = {path: text.encode() for path, text in sorted(files.items())}
        self._makefiles = {path: extract_makefile(data) for path, data in self._texts.items() if is_makefile(path)}
        self._facts = {
            path: extract_assembly(data) if path.endswith(".S") else extract(data)
            for path, data in self._texts.items()
            if path not in self._makefiles and not path.endswith(".tbl")
        }
        self._files: dict[tuple[str, str], set[str]] = {}
        for path, facts in self._facts.items():
            for kind, names in names_of(facts, self._texts[path]).items():
                for name in names:
                    self._files.setdefault((kind, name), set()).add(path)

    def paths(self) -> Sequence[str]:
        return tuple(self._facts)

    def has(self, path: str) -> bool:
        return path in self._facts

    def facts(self, path: str) -> FileFacts:
        return self._facts.get(path, FileFacts())

    def includes(self, path: str) -> tuple[Include, ...]:
        return self.facts(path).includes

    def files(self, kind: NameKind, name: str) -> tuple[str, ...]:
        return tuple(sorted(self._files.get((kind, name), ())))

    def mentioning(self, word: str) -> tuple[str, ...]:
        pattern = re.compile(rb"\b" + word.encode() + rb"\b")
        return tuple(path for path in self._facts if pattern.search(lex(self._texts[path]).skeleton))

    def text(self, path: str) -> bytes:
        return self._texts.get(path, b"")

    def tables(self) -> tuple[str, ...]:
        return tuple(path for path in self._texts if path.endswith(".tbl"))

    def by_basename(self, name: str) -> tuple[str, ...]:
        return tuple(path for path in self._facts if posixpath.basename(path) == name)

    def build_table(self, arch: str) -> BuildTable:
        return read_tree(self.paths(), arch, self._makefiles.get)


def resolver(files: Mapping[str, str], *, arch: str = "x86", options: Mapping[str, str] | None = None) -> Resolver:
    """A resolver over texts by path."""
    return Resolver(Tree(files), Configuration(arch, options))


def make_kernel(root: Path) -> Path:
    """A folder with what makes it the source of kernel 6.9.1, without any code."""
    for folder in ("kernel", "net", "fs", "include/linux", "init", "arch/x86"):
        (root / folder).mkdir(parents=True)
    (root / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 9\nSUBLEVEL = 1\nEXTRAVERSION =\n")
    (root / "Kconfig").write_text("")
    return root
