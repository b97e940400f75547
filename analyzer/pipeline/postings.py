"""Which names a file is found under.

Keys are 32-bit hashes of (role, name); a look-up may give a file too many, never one too few.
"""

import posixpath
import re
import zlib
from collections import defaultdict

from analyzer.io.postings import pack_keys
from analyzer.model.facts import Definition, FileFacts, Macro, Object
from analyzer.resolve.assigning import members_given
from analyzer.resolve.index import NameKind
from analyzer.resolve.structtexts import PlainType, plain_type, structs_by_position
from analyzer.resolve.tokens import KEYWORDS, last_member

_WORD = re.compile(r"[A-Za-z_]\w*")
_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
_ASSOCIATED = re.compile(r":\s*([A-Za-z_]\w*)\s*[,)]")  # `_Generic(x, type: f, default: g)(…)`
_GIVEN = re.compile(r"[(,=?:]\s*&?\s*([A-Za-z_]\w*)\s*(?=[,);}:]|$)")
_POINTED = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*->")
_LAST = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)[\s)]*$")
_PASTED = re.compile(r"\w\s*##\s*\w")
_FILLED = re.compile(r"(?:\.|->)\s*([A-Za-z_]\w*)\s*=(?!=)")
_USE = re.compile(r"^([A-Za-z_]\w*)\s*\(")
_MEMBER = re.compile(r"\.(\w+)(?:\[[^\]]*\]|#[\w+]+)*$")
_PLAIN_MEMBER = re.compile(r"((?:\[[^\]]*\]|#[\w+]+)*)\.\w+$")
_SUBSCRIPT = re.compile(r"[\[#]")
_NUMBERS = re.compile(r"^[A-Z0-9_]+$")
_WITHOUT_PARENTHESES = re.compile(r"(?:^|[;{})])\s*([A-Za-z_]\w*)\s+(\w+)\s*(?=$|[;}])")  # `acpi_error plist`
_OTHER_NAME = re.compile(r"(?=\w*[a-z])[A-Za-z_]\w*")


def key_of(kind: NameKind, name: str) -> int:
    """The posting key of a name in a role."""
    return zlib.crc32(name.encode(), zlib.crc32(kind.encode()))


def names_of(facts: FileFacts, data: bytes) -> dict[NameKind, set[str]]:
    """The names of a file by their role; `data` are its bytes."""
    found: defaultdict[NameKind, set[str]] = defaultdict(set)
    for definition in facts.definitions:
        _of_definition(definition, found)
    found["declaration"] = {declaration.name for declaration in facts.declarations}
    found["macro"] = {macro.name for macro in facts.macros}
    for macro in facts.macros:
        _of_macro(macro, found)
        if "(" in macro.body:
            found["expanded"].update(word for word in _CALLED.findall(macro.body) if word not in KEYWORDS)
            if "_Generic" in macro.body:
                found["expanded"].update(_ASSOCIATED.findall(macro.body))
        if "=" in macro.body and ("." in macro.body or "->" in macro.body):
            found["filler"].update(_FILLED.findall(macro.body))
        if "struct" in macro.body and "{" in macro.body:
            found["filler"].update(f"{tag}.#" for tag in structs_by_position(macro.body))
    found["record"] = {r.tag.split("::")[0] if not r.tag.startswith("::") else r.tag for r in facts.records}
    found["record"].update(enum.tag for enum in facts.enums if enum.tag)
    found["typedef"] = {typedef.name for typedef in facts.typedefs}
    found["enumerator"] = {constant.name for enum in facts.enums for constant in enum.constants}
    for variable in facts.objects:
        _of_object(variable, found)
    for use in facts.invocations:
        found["use"].add(use.macro)
        found["argument"].update(_WORD.findall(use.arguments))
        if use.tail:
            found["slot"].update(f"?.{word}" for word in _FILLED.findall(use.tail))
            words = _WORD.findall(use.tail)
            found["reference"].update(words)
            found["argument"].update(words)
            found["use"].update(_CALLED.findall(use.tail))
    _of_renaming(facts, found)
    undone = {undef.name for undef in facts.undefs}
    if undone and any(macro.parameters is not None and macro.name in undone for macro in facts.macros):
        found["listing"].add("")
    found["store"].update(members_given(data))
    for include in facts.includes:
        if include.quoted or include.target.endswith(".c"):
            found["includer"].add(posixpath.basename(include.target))
    return found


def _of_macro(macro: Macro, found: defaultdict[NameKind, set[str]]) -> None:
    """Names that a use may call without their having a parenthesis in the body: the last one (`#define f g`),
    those that the body gives to other macros, those that it reads members of (`current->pid`), those that get
    their parentheses with an argument. Names in capitals are left out: hardly a function has one."""
    body = macro.body
    if body[:2] == "0x" or body[-1:].isdigit():  # most are register numbers, some names: `ioread32`
        if body.isidentifier() and not body.isupper():
            found["expanded"].add(body)
        return
    parameters = macro.parameters or ()
    named = [*_GIVEN.findall(body), *_POINTED.findall(body), *_LAST.findall(body)]
    named += [name for name, given in _WITHOUT_PARENTHESES.findall(body) if given in parameters]
    found["expanded"].update(w for w in named if w not in parameters and not w.isupper() and w not in KEYWORDS)
    calls = parameters and any(word in parameters for word in _CALLED.findall(body.replace(")", "")))
    if calls or ("##" in body and _PASTED.search(body)):
        found["shaping"].add("")


def _of_definition(definition: Definition, found: defaultdict[NameKind, set[str]]) -> None:
    if definition.head:
        found["argument"].update(_WORD.findall(definition.head))
    else:
        found["function"].add(definition.name)
    found["call"].update([call.name for call in definition.calls])
    found["reference"].update([name for name, _ in definition.references])
    for indirect in definition.indirect:
        if called := last_member(indirect.callee):
            found["dispatch"].add(called)
    for assignment in definition.assignments:
        if stored := last_member(assignment.left):
            found["store"].add(stored)
        elif (name := assignment.left.split("[")[0].strip()).isidentifier():
            found["store"].add(name)


def _of_renaming(facts: FileFacts, found: defaultdict[NameKind, set[str]]) -> None:
    """Whether macros may give functions other names than they are spelled with: the file's own, or another's."""
    lines = {d.name: d.line for d in facts.definitions if d.name}
    if any(d.head and d.return_type for d in facts.definitions) or (
        lines and any(m.parameters is None and m.line < lines.get(m.name, 0) for m in facts.macros)
    ):
        found["renamed"].add("")
    if any(m.parameters is None and m.body != m.name and _OTHER_NAME.fullmatch(m.body) for m in facts.macros):
        found["renaming"].add("")


def _of_object(variable: Object, found: defaultdict[NameKind, set[str]]) -> None:
    if variable.name and not variable.function:
        found["object"].add(variable.name)
    if match := _USE.match(variable.value):
        found["use"].add(match.group(1))
        words = _WORD.findall(variable.value)
        found["argument"].update(words)
        found["reference"].update(words)
    plain = plain_type(variable.type) if variable.entries or match else PlainType()
    struct = plain.tag or "?"
    if match and (whole := plain.tag or plain.typedef):  # `struct err_reg_info e = EE(SEND_DMA_ERR, handle_err)`
        found["slot"].add(f"{whole}.#")
    for entry in variable.entries:
        if entry.value.isidentifier() and entry.path[1:].isidentifier() and not _NUMBERS.match(entry.value):
            found["reference"].add(entry.value)  # `.open = f`, as most are
            found["slot"].add(f"{struct}{entry.path}")
            continue
        words = _WORD.findall(entry.value)
        found["reference"].update(words)
        if match := _USE.match(entry.value):
            found["use"].add(match.group(1))
            found["argument"].update(words)
        elif _NUMBERS.match(entry.value):
            found["use"].add(entry.value)
        member = _MEMBER.search(entry.path)
        if member is None:
            if outer := plain.tag or plain.typedef or ("?" if "typeof" in variable.type else ""):
                found["slot"].add(f"{outer}.#")
        else:
            plainly = _PLAIN_MEMBER.match(entry.path)
            # by more subscripts than the object has dimensions it is a member of a member
            at_once = plainly and len(_SUBSCRIPT.findall(plainly.group(1))) <= variable.type.count("[")
            found["slot"].add(f"{struct if at_once else '?'}.{member.group(1)}")


def keys_of(facts: FileFacts, data: bytes) -> bytes:
    """The distinct keys of a file, packed."""
    crc = zlib.crc32
    keys: set[int] = set()
    for kind, names in names_of(facts, data).items():
        seed = crc(kind.encode())
        keys.update([crc(name.encode(), seed) for name in names])
    return pack_keys(keys)
