"""diff, history and matrix as people run them: documented differences, exit codes, git repositories, mistakes."""

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pygit2
import pytest
from pygit2.enums import FileMode

KERNELS = Path(__file__).resolve().parents[2] / "fixtures" / "kernels"
SCHEMAS = KERNELS.parents[1] / "docs" / "schemas"
VERSIONS = ("v2.6.11", "v3.10", "v4.4", "v5.10", "v6.1")
SOMEONE = pygit2.Signature("A", "a@example.org", 1_500_000_000, 60)

Kcg = Callable[..., Any]
Diff = Callable[..., dict[str, Any]]


@pytest.fixture
def diff(kcg: Kcg) -> Diff:
    """The JSON of a comparison of two small kernels."""

    def run(root: str, older: str, newer: str, *more: str) -> dict[str, Any]:
        done = kcg("diff", root, "--from", KERNELS / older, "--to", KERNELS / newer, "--format", "json", *more)
        assert done.code in (0, 1), done.err
        found: dict[str, Any] = json.loads(done.out)
        assert found["differs"] == bool(done.code)
        return found

    return run


def validated(name: str, found: dict[str, Any]) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)


def signature(found: dict[str, Any], name: str) -> list[tuple[str, str]]:
    (change,) = [change for change in found["signatures"] if change["name"] == name]
    return sorted((part["what"], part["name"] or "") for part in change["changes"])


def struct(found: dict[str, Any], name: str) -> set[tuple[str, str]]:
    (change,) = [change for change in found["structs"] if change["name"] == name and change["kind"] != "table"]
    return {(part["what"], part["name"]) for part in change["changes"]}


def calls(function: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for call in function["calls"]:
        found.append(call)
        for target in call["targets"]:
            found += calls(target)
    return found


def callees(found: dict[str, Any], sign: str) -> set[str]:
    side = "before" if sign == "removed" else "after"
    return {call[side]["callee"] for call in calls(found["tree"]) if call["sign"] == sign}


def names(function: dict[str, Any]) -> list[str]:
    found = [(function["after"] or function["before"])["name"]]
    for call in function["calls"]:
        for target in call["targets"]:
            found += names(target)
    return found


def test_the_system_call_is_the_same_however_it_is_spelled(diff: Diff) -> None:
    found = diff("sys_socket", "v2.6.11", "v3.10", "--depth", "6")
    assert found["tree"]["before"]["name"] == found["tree"]["after"]["name"] == "sys_socket"
    assert all(change["name"] != "sys_socket" for change in found["signatures"])


def test_splitting_of_sys_socket(diff: Diff) -> None:
    found = diff("sys_socket", "v4.4", "v6.1", "--depth", "6")
    chains = {(item["function"], tuple(item["chain"]), tuple(item["calls"])) for item in found["restructured"]}
    assert ("sys_socket", ("__sys_socket", "__sys_socket_create"), ("sock_create",)) in chains
    assert ("sys_socket", ("__sys_socket",), ("sock_map_fd",)) in chains
    assert "sock_create" not in callees(found, "removed") | callees(found, "added")


def test_sk_alloc_by_version(diff: Diff) -> None:
    first = diff("sk_alloc", "v2.6.11", "v3.10")
    assert {("added", "net"), ("removed", "zero_it"), ("added", "prot"), ("removed", "slab")} <= set(
        signature(first, "sk_alloc")
    )
    assert signature(diff("sk_alloc", "v3.10", "v4.4"), "sk_alloc") == [("added", "kern")]


def test_other_documented_signatures(diff: Diff) -> None:
    found = diff("sys_socket", "v2.6.11", "v3.10", "--depth", "6")
    assert signature(found, "inet_create") == [("added", "kern"), ("added", "net")]
    assert signature(found, "sock_map_fd") == [("added", "flags")]
    later = diff("inet_create", "v4.4", "v5.10")
    assert ("returns", "") in signature(later, "inet_hash")


def test_hooks_are_the_same_across_their_mechanisms(diff: Diff) -> None:
    found = diff("security_socket_create", "v3.10", "v4.4")
    (call,) = [call for call in calls(found["tree"]) if call["after"] and "socket_create" in call["after"]["slot"]]
    assert call["before"]["slot"] == "security_operations.socket_create"
    assert call["after"]["slot"] == "security_list_options.socket_create"
    assert call["sign"] == "changed"


def test_the_bpf_hook_of_inet_create(diff: Diff) -> None:
    found = diff("inet_create", "v4.4", "v5.10")
    assert any(
        "BPF_CGROUP_RUN_PROG_INET_SOCK" in (call["after"] or {}).get("expression", "")
        for call in calls(found["tree"])
    )
    assert "__cgroup_bpf_run_filter_sk" in callees(found, "added")


def test_structs_of_the_protocol(diff: Diff) -> None:
    found = diff("sys_socket", "v4.4", "v5.10", "--depth", "6")
    assert {("type", "hash"), ("added", "shutdown")} <= struct(found, "proto")
    found = diff("sys_socket", "v2.6.11", "v3.10", "--depth", "6")
    assert struct(found, "proto_ops")


def test_bindings_narrow_both_trees(kcg: Kcg, diff: Diff) -> None:
    bound = ("--bind", "family=PF_INET,type=SOCK_STREAM", "--depth", "6")
    whole = diff("sys_socket", "v4.4", "v6.1", "--depth", "6")
    found = diff("sys_socket", "v4.4", "v6.1", *bound)
    assert found["bind"] == ["family=PF_INET", "type=SOCK_STREAM"] and whole["bind"] == []
    assert {"unix_create", "inet_create"} <= set(names(whole["tree"]))
    assert "unix_create" not in names(found["tree"]) and "inet_create" in names(found["tree"])
    assert kcg("diff", "sys_socket", "--from", KERNELS / "v6.1", "--to", KERNELS / "v6.1", *bound).code == 0
    done = kcg(
        "diff", "sys_socket", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", *bound, "--only", "tree"
    )
    assert done.out.startswith("sys_socket with family=PF_INET, type=SOCK_STREAM: Linux 4.4.0 → 6.1.0\n")


def test_a_parameter_of_one_side_is_bound_there(diff: Diff) -> None:
    found = diff("sk_alloc", "v3.10", "v4.4", "--bind", "kern=0")
    assert ("added", "kern") in signature(found, "sk_alloc")


def test_mistaken_bindings(kcg: Kcg) -> None:
    asked = ("diff", "sys_socket", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", "--bind")
    done = kcg(*asked, "kind=PF_INET")
    assert done.code == 2 and "no parameter kind in either kernel" in done.err and "family, type" in done.err
    done = kcg(*asked, "family=PF_INTE")
    assert done.code == 2 and "PF_INTE is no constant" in done.err


def test_the_last_address_family(diff: Diff) -> None:
    found = diff("sys_socket", "v5.10", "v6.1", "--depth", "6", "--only", "constants")
    (family,) = [item for item in found["constants"] if item["family"] == "AF_*"]
    told = {part["name"]: (part["what"], part["before"], part["after"]) for part in family["changes"]}
    assert told == {"AF_MCTP": ("added", None, "45"), "AF_MAX": ("value", "45", "46")}
    assert "tree" not in found


def test_text_reads_as_a_summary_and_a_tree(kcg: Kcg) -> None:
    done = kcg("diff", "sys_socket", "--from", KERNELS / "v5.10", "--to", KERNELS / "v6.1", "--only", "tree")
    assert done.code == 1
    assert (
        done.out
        == """\
sys_socket: Linux 5.10.0 → 6.1.0
  8 functions compared within 4 calls, 2 differ
  functions: 1 new, 1 gone
  calls: 1 added, 1 removed
  split: __sys_socket → __sys_socket_create, which now calls sock_create

Tree
~ sys_socket
~ └── __sys_socket()
-       return err < 0 ? err : sock_map_fd(sock, type & (O_CLOEXEC | O_NONBLOCK))
+       return sock ? sock_map_fd(sock, type & (O_CLOEXEC | O_NONBLOCK)) : -EINVAL
+     ├── __sys_socket_create()  takes over sock_create
      │   └── sock_create()  moved here from __sys_socket
      └── sock_map_fd()
          └── fd_install()
-             └── __fd_install()  …
"""
    )


def test_side_by_side_and_colour(kcg: Kcg) -> None:
    arguments = ("diff", "sys_socket", "--from", KERNELS / "v5.10", "--to", KERNELS / "v6.1", "--only", "tree")
    done = kcg(*arguments, "--layout", "side-by-side", env={"COLUMNS": "120"})
    lines = done.out.splitlines()
    assert max(len(line) for line in lines) <= 120
    assert any(" > " in line and "__sys_socket_create()" in line for line in lines)
    assert any(line.endswith(" <") and "__fd_install()" in line for line in lines)
    assert any(" | " in line and "return err < 0" in line and "return sock ?" in line for line in lines)
    sides = ("--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", "--layout", "side-by-side")
    done = kcg("diff", "sys_socket", *sides, env={"COLUMNS": "160"})
    assert any("type & SOCK_TYPE_MASK" in line and "type & 0xf" in line for line in done.out.splitlines())
    assert "\x1b[32m" in kcg(*arguments, "--color", "always").out


def test_the_same_kernel_is_empty(kcg: Kcg) -> None:
    done = kcg("diff", "sys_socket", "--from", KERNELS / "v6.1", "--to", KERNELS / "v6.1", "-q")
    assert (done.code, done.err) == (0, "")
    assert done.out == "sys_socket: Linux 6.1.0 → 6.1.0\n  no difference within 4 calls (8 functions compared)\n"


@pytest.mark.parametrize("suffix", ["svg", "html", "md", "json", "txt"])
def test_written_files(kcg: Kcg, folder: Path, suffix: str) -> None:
    name = f"out/diff.{suffix}"
    done = kcg("diff", "sys_socket", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", "-o", name)
    assert done.code == 1 and f"wrote {name}" in done.err and not done.out
    text = (folder / name).read_text(encoding="utf-8")
    assert "__sys_socket_create" in text
    if suffix == "svg":
        assert "legend" in text and ET.fromstring(text).tag.endswith("svg")
    if suffix == "html":
        assert text.count("<svg") == 1 and 'class="added"' in text
    if suffix == "md":
        assert text.startswith("# sys\\_socket: Linux 4.4") and "```diff" in text
    again = kcg("diff", "sys_socket", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", "-q", "-o", name)
    assert again.code == 1 and (folder / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("more", [(), ("--only", "tree,constants"), ("--bind", "type=SOCK_STREAM")])
def test_json_fits_the_published_schema(diff: Diff, more: tuple[str, ...]) -> None:
    found = diff("sys_socket", "v4.4", "v6.1", *more)
    validated("kcg-diff-1", found)
    del found["counts"]
    with pytest.raises(jsonschema.ValidationError):
        validated("kcg-diff-1", found)


def test_mistakes(kcg: Kcg, folder: Path) -> None:
    done = kcg("diff", "sys_socket")
    assert done.code == 2 and "--from A --to B" in done.err
    done = kcg("diff", "sys_sockt", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1")
    assert done.code == 2 and "sys_socket" in done.err and "v4.4" in done.err
    done = kcg("diff", "__sys_socket_create", "--from", KERNELS / "v5.10", "--to", KERNELS / "v6.1")
    assert done.code == 2 and "v5.10" in done.err
    done = kcg("diff", "sys_socket", "--from", folder, "--to", KERNELS / "v6.1")
    assert done.code == 2 and "not a kernel" in done.err
    done = kcg("diff", "sys_socket", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", "--only", "all")
    assert done.code == 2 and "tree, signatures" in done.err
    done = kcg("diff", "sys_socket", "--from", KERNELS / "v4.4", "--to", KERNELS / "v6.1", "-o", "x.doc")
    assert done.code == 2 and ".svg" in done.err


# git


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small kernels as one history with tags; between two of them a side branch and a file that was
    renamed. The work tree is another one's, with edits."""
    path = tmp_path_factory.mktemp("git") / "linux"
    repo = pygit2.init_repository(str(path), initial_head="main")
    parents: list[pygit2.Oid] = []

    def commit(subject: str, files: dict[str, bytes], *before: pygit2.Oid) -> pygit2.Oid:
        index = pygit2.Index()
        for name, data in files.items():
            index.add(pygit2.IndexEntry(name, repo.create_blob(data), FileMode.BLOB))
        made = repo.create_commit(None, SOMEONE, SOMEONE, subject, index.write_tree(repo), list(before))
        repo.references.create("refs/heads/main", made, force=True)
        return made

    for version in VERSIONS:
        root = KERNELS / version
        files = {str(f.relative_to(root)): f.read_bytes() for f in sorted(root.rglob("*")) if f.is_file()}
        if version == "v4.4":
            moved = {k.replace("net/core/sock.c", "net/core/socks.c"): v for k, v in files.items()}
            new = {"net/new.c": b"int new_thing(void) { return 1; }\n"}
            side = commit("net: a side branch", files | new, *parents)
            main = commit("net: sk_alloc gets kern, in a file of another name", moved, *parents)
            merged = commit("Merge the side branch", moved | new, main, side)
            parents = [commit("Linux 4.4", moved, merged)]
        else:
            parents = [commit(f"Linux {version[1:]}", files, *parents)]
        repo.create_reference(f"refs/tags/{version}", parents[0])
    shutil.copytree(KERNELS / "v3.10", path, dirs_exist_ok=True)
    (path / "net" / "socket.c").write_text("int edited(void) { return 1; }\n")
    return path


def test_tags_are_compared_without_a_checkout(kcg: Kcg, repository: Path) -> None:
    before = sorted((f, f.stat().st_mtime_ns) for f in repository.rglob("*") if ".git" not in f.parts)
    one = kcg("diff", "sys_socket", "--from", f"{repository}@v5.10", "--to", f"{repository}@v6.1", "-q")
    other = kcg("diff", "sys_socket", "-k", repository, "--from", "v5.10", "--to", "v6.1", "-q")
    directories = kcg("diff", "sys_socket", "--from", KERNELS / "v5.10", "--to", KERNELS / "v6.1", "-q")
    assert one.code == 1 and one.out == other.out == directories.out
    assert before == sorted((f, f.stat().st_mtime_ns) for f in repository.rglob("*") if ".git" not in f.parts)


def test_a_work_tree_with_edits_against_its_tag(kcg: Kcg, repository: Path) -> None:
    done = kcg("diff", "inet_create", "--from", f"{repository}@v3.10", "--to", repository, "-q", "--depth", "2")
    assert (done.code, done.err) == (0, "")
    done = kcg("diff", "sys_socket", "--from", f"{repository}@v3.10", "--to", repository, "-q")
    assert done.code == 2 and "sys_socket" in done.err


def test_git_mistakes(kcg: Kcg, repository: Path, folder: Path) -> None:
    done = kcg("diff", "sys_socket", "-k", repository, "--from", "v5.11", "--to", "v6.1")
    assert done.code == 2 and "v5.11" in done.err and "v5.10" in done.err
    done = kcg("diff", "sys_socket", "--from", f"{folder}@v5.10", "--to", f"{repository}@v6.1")
    assert done.code == 2 and "git repository" in done.err
    done = kcg("history", "sk_alloc", "-k", folder, "--revs", "v5.10..v6.1")
    assert done.code == 2 and "git repository" in done.err
    done = kcg("history", "sk_alloc", "-k", repository, "--revs", "v2.6.11..v9.9")
    assert done.code == 2 and "v9.9" in done.err
    done = kcg("history", "sk_aloc", "-k", repository, "--revs", "v2.6.11..v6.1")
    assert done.code == 2 and "Nothing is called sk_aloc" in done.err
    done = kcg("history", "sk_alloc")
    assert done.code == 2 and "--revs" in done.err


def test_history_of_a_function(kcg: Kcg, repository: Path) -> None:
    done = kcg("history", "sk_alloc", "-k", repository, "--revs", "v2.6.11..v6.1", "--format", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    validated("kcg-history-1", found)
    rows = {row["version"]: row for row in found["rows"]}
    assert list(rows) == ["v2.6.11", "v3.10", "v4.4", "v5.10"]
    told = {(c["part"], c["what"], c["name"]) for c in rows["v3.10"]["changes"]}
    assert {
        ("parameter", "added", "net"),
        ("parameter", "removed", "zero_it"),
        ("callee", "added", "sk_prot_alloc"),
    } <= told
    told = {(c["part"], c["what"], c["name"]) for c in rows["v4.4"]["changes"]}
    assert {("parameter", "added", "kern"), ("file", "moved", "net/core/socks.c")} <= told
    blobs = {entry for version in VERSIONS for entry in _blobs(repository, version)}
    assert found["blobs"] == found["read"] == len(blobs)


def _blobs(repository: Path, tag: str) -> set[str]:
    """Ids of the C files of a tag, other architectures' left out."""
    repo = pygit2.Repository(str(repository))
    found: set[str] = set()

    def walk(tree: pygit2.Tree, folder: str) -> None:
        for item in tree:
            if isinstance(item, pygit2.Tree):
                walk(item, f"{folder}{item.name}/")
            elif str(item.name).endswith((".c", ".h")):
                found.add(str(item.id))

    walk(repo.revparse_single(tag).peel(pygit2.Tree), "")
    return found


def test_history_bisects_to_the_commit(kcg: Kcg, repository: Path) -> None:
    done = kcg("history", "sk_alloc", "-k", repository, "--revs", "v3.10..v4.4", "--bisect", "-q")
    assert done.code == 0, done.err
    assert "net: sk_alloc gets kern, in a file of another name" in done.out
    assert "Merge the side branch" not in done.out and "a side branch" not in done.out.replace("the side", "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("struct proto", "~ member hash: void(*)(struct sock *sk) → int(*)(struct sock *sk)"),
        ("AF_*", "~ constant AF_MAX: 45 → 46"),
        ("proto.init", "+ targets: ping_init_sock [ping_prot]"),
        ("__sys_socket_create -> sock_create", "v6.1  __sys_socket_create -> sock_create  (net/socket.c:47)"),
        ("sys_socket", "+ calls: __sys_socket"),
        ("inet_stream_ops", "entry"),
    ],
)
def test_history_of_other_symbols(kcg: Kcg, repository: Path, name: str, expected: str) -> None:
    done = kcg("history", name, "-k", repository, "--revs", "v2.6.11..v6.1", "-q")
    assert done.code == 0 and expected in done.out, done.out


def test_history_of_sources(kcg: Kcg) -> None:
    sources = [part for version in VERSIONS for part in ("-k", KERNELS / version)]
    done = kcg("history", "sk_alloc", *sources, "--format", "markdown", "-q")
    assert done.code == 0, done.err
    assert done.out.startswith("# sk\\_alloc\n\n| version | place | what changed |")
    assert "3.10.0 (" in done.out


def test_matrix(kcg: Kcg, repository: Path, folder: Path) -> None:
    asked = ("matrix", "sys_socket", "-k", repository, "--revs", "v3.10..v6.1", "-q")
    done = kcg(*asked)
    lines = {line[: line.rindex(")") + 1]: line.split()[-4:] for line in done.out.splitlines() if ")" in line}
    assert lines["sys_socket → __sys_socket()"] == ["·", "·", "●", "●"]
    assert lines["sys_socket → sock_create()"] == ["●", "●", "·", "·"]
    assert lines["sock_create → __sock_create()"] == ["●", "●", "●", "●"]
    assert kcg(*asked, "-o", "out/m.svg").code == 0
    assert ET.fromstring((folder / "out/m.svg").read_text(encoding="utf-8")).tag.endswith("svg")
    assert kcg(*asked, "-o", "out/m.html").code == 0
    found = json.loads(kcg(*asked, "--format", "json").out)
    validated("kcg-matrix-1", found)
    rows = found["rows"]
    assert [
        row["present"] for row in rows if (row["caller"], row["callee"]) == ("sys_socket", "__sys_socket")
    ] == [[False, False, True, True]]
    done = kcg("matrix", "__sys_socket", "-k", repository, "--revs", "v4.4..v6.1")
    assert done.code == 0 and "without __sys_socket: v4.4" in done.err
