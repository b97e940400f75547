"""`kcg check` and `kcg snapshot` as people run them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "fixtures" / "kernels"

NOTE = """\
# socket(2)

```
sys_socket
├── __sys_socket(family, type, protocol)   // 系统调用
│   ├── sock_map_fd(sock, type)
│   └── __sys_socket_create(family, type, protocol)
│       ├── sock_create()
│       └── security_socket_create()   # checks
└── sock_alocate()
```

Text that stays as it is.  
"""  # noqa: W291

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "index.sqlite"


@pytest.fixture
def kcg(tmp_path: Path, store: Path) -> Run:
    """Run kcg in an empty folder."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KCG_", "GITHUB_"))}
        more = ["--store", str(store), "-q"] if arguments and arguments[0] in ("check", "snapshot") else []
        return subprocess.run(
            [sys.executable, "-m", "analyzer", *arguments, *more],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environment},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.md"
    path.write_text(NOTE, encoding="utf-8")
    return path


def _kernel(version: str) -> tuple[str, str]:
    return "-k", str(KERNELS / version)


def test_findings_say_where_what_and_the_truth(kcg: Run, note: Path) -> None:
    done = kcg("check", "note.md", *_kernel("v6.1"))
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "note.md:6:9: arguments: sock_map_fd(sock, type) -- the call is "
        "sock_map_fd(sock, type & (O_CLOEXEC | O_NONBLOCK))  [net/socket.c:52]",
        "note.md:7:9: order: __sys_socket_create(family, type, protocol) -- in the source it comes before "
        "sock_map_fd  [net/socket.c:51]",
        "note.md:9:13: wrong caller: security_socket_create() -- __sys_socket_create does not call it; "
        "__sock_create does  [net/socket.c:31]",
        "note.md:10:5: unknown function: sock_alocate() -- no function is called sock_alocate; did you mean "
        "sock_alloc?  [net/socket.c:12]",
        "1 note, 1 tree, 7 lines: 3 ok, 1 wrong caller, 1 order, 1 arguments, 1 unknown function",
    ]


def test_right_notes_are_quiet(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("sys_socket()\n    __sys_socket()\n", encoding="utf-8")
    done = kcg("check", "n.txt", *_kernel("v6.1"))
    assert (done.returncode, done.stdout) == (0, "1 note, 1 tree, 2 lines: 2 ok\n")
    done = kcg("check", "n.txt", "--all", *_kernel("v6.1"))
    assert done.stdout.splitlines()[0] == "n.txt:1:1: ok: sys_socket()  [net/socket.c:54]"


def test_versions_make_a_table(kcg: Run, note: Path) -> None:
    done = kcg("check", "note.md", *_kernel("v3.10"), *_kernel("v6.1"))
    assert done.returncode == 1
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["line", "statement", "3.10.0", "6.1.0"]
    assert any(re.match(r"note.md:5 .*gone\s+ok$", row) for row in rows)


def test_first_version_that_breaks(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("sys_socket()\n    sock_create()\n    sock_map_fd()\n        __fd_install()\n")
    done = kcg("check", "n.txt", "--since", "4.4", *_kernel("v4.4"), *_kernel("v5.10"), *_kernel("v6.1"))
    assert done.returncode == 1
    assert "n.txt:4: __fd_install(): holds up to 5.10.0, breaks in 6.1.0: gone" in done.stdout


def test_revisions_of_a_repository(kcg: Run, tmp_path: Path) -> None:
    repository = tmp_path / "linux"
    for version in ("v3.10", "v6.1"):
        subprocess.run(["cp", "-rT", str(KERNELS / version), str(repository)], check=True)
        if not (repository / ".git").exists():
            _git(repository, "init", "-q")
        _git(repository, "add", "-A")
        _git(repository, "commit", "-q", "-m", version)
        _git(repository, "tag", version)
    (tmp_path / "n.txt").write_text("sys_socket()\n    __sys_socket()\n")
    done = kcg("check", "n.txt", "-k", str(repository), "--revs", "v3.10,v6.1")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].split() == ["line", "statement", "3.10.0", "6.1.0"]
    assert kcg("check", "n.txt", "-k", str(repository), "--revs", "v3.10..v6.1").stdout == done.stdout
    done = kcg("check", "n.txt", "-k", str(repository), "--since", "v6.1")
    assert (done.returncode, done.stdout) == (0, "all lines hold in 6.1.0\n")
    assert kcg("check", "n.txt", "-k", str(repository), "--since", "v5.0").returncode == 2


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_json_has_everything(kcg: Run, note: Path) -> None:
    done = kcg("check", "note.md", "--format", "json", *_kernel("v6.1"))
    data = json.loads(done.stdout)
    assert data["failed"] is True
    assert data["notes"][0]["trees"][0]["first_line"] == 4
    wrong = next(f for f in data["findings"] if f["verdict"] == "wrong-caller")
    assert (wrong["line"], wrong["kernel_file"], wrong["nearest"]) == (9, "net/socket.c", "__sock_create")
    assert wrong["call_path"][-1]["callee"] == "security_socket_create"
    assert sum(data["summary"].values()) == len(data["findings"]) == 7


def test_junit_is_a_case_for_every_line(kcg: Run, note: Path) -> None:
    root = ElementTree.fromstring(kcg("check", "note.md", "--format", "junit", *_kernel("v6.1")).stdout)
    assert root.attrib["tests"] == "7"
    assert len(root.findall(".//testcase")) == 7
    assert len(root.findall(".//failure")) == int(root.attrib["failures"]) == 4


def test_sarif_has_results_and_code_flows(kcg: Run, note: Path) -> None:
    run = json.loads(kcg("check", "note.md", "--format", "sarif", *_kernel("v6.1")).stdout)["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == 4
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startColumn"] < region["endColumn"]
    assert any("codeFlows" in result for result in run["results"])


SARIF = Path(__file__).with_name("sarif.schema.json")


@pytest.mark.parametrize("more", [(), ("--all",)])
def test_sarif_is_what_the_standard_demands(more: tuple[str, ...], kcg: Run, note: Path, tmp_path: Path) -> None:
    (tmp_path / "a b%ü.md").write_text(note.read_text() + "\n```kcg expect=fail\nsys_socket\n  no_such\n```\n")
    done = kcg("check", "note.md", "a b%ü.md", "--format", "sarif", *more, *_kernel("v6.1"))
    document = json.loads(done.stdout)
    validator = jsonschema.Draft7Validator(json.loads(SARIF.read_text()))
    assert not [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(document)]
    results = document["runs"][0]["results"]
    assert any("suppressions" in r for r in results)
    assert any("codeFlows" in r for r in results)
    for broken in ({"level": "fatal"}, {"ruleIndex": "0"}, {"more": 1}, {"locations": [{"physicalLocation": {}}]}):
        wrong = json.loads(done.stdout)
        wrong["runs"][0]["results"][0].update(broken)
        assert list(validator.iter_errors(wrong))


def test_github_annotations_and_step_summary(kcg: Run, note: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    done = kcg("check", "note.md", "--format", "github", *_kernel("v6.1"), GITHUB_STEP_SUMMARY=str(summary))
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert len(commands) == 4
    assert all(line.startswith("::error file=note.md,line=") for line in commands)
    assert "| arguments | 1 |" in summary.read_text(encoding="utf-8")


def test_github_shows_no_more_annotations_than_are_kept(kcg: Run, tmp_path: Path) -> None:
    lines = "".join(f"    no_such_function_{n}()\n" for n in range(30))
    (tmp_path / "n.txt").write_text("sys_socket()\n    __sys_socket()\n" + lines)
    done = kcg("check", "n.txt", "--format", "github", *_kernel("v6.1"))
    commands = [line for line in done.stdout.splitlines() if line.startswith("::error")]
    assert len(commands) == 10
    assert "21 more lines" in commands[-1]


def test_fix_rewrites_in_the_style_of_the_note(kcg: Run, note: Path) -> None:
    patch = kcg("check", "note.md", "--diff", *_kernel("v6.1"))
    assert patch.returncode == 0
    assert note.read_text(encoding="utf-8") == NOTE
    assert kcg("check", "note.md", "--fix", *_kernel("v6.1")).returncode == 1
    assert (
        note.read_text(encoding="utf-8")
        == """\
# socket(2)

```
sys_socket
├── __sys_socket(family, type, protocol)   // 系统调用
│   ├── __sys_socket_create(family, type, protocol)
│   │   ├── sock_create()
│   │   └── security_socket_create()   # checks
│   └── sock_map_fd(sock, type & (O_CLOEXEC | O_NONBLOCK))
└── sock_alocate()
```

Text that stays as it is.  
"""  # noqa: W291
    )


def test_fix_leaves_broken_bytes_alone(kcg: Run, tmp_path: Path) -> None:
    data = b"sys_socket()\n    __sys_socket(a, b, c)   # \xff\xff\xff\n"
    (tmp_path / "n.txt").write_bytes(data)
    done = kcg("check", "n.txt", "--fix", *_kernel("v6.1"))
    assert "not mended" in done.stderr
    assert (tmp_path / "n.txt").read_bytes() == data


def test_fix_keeps_line_ends_and_encoding(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_bytes("sys_socket()\r\n    __sys_socket(a, b, c)   # 创建".encode("gbk"))
    assert kcg("check", "n.txt", "--fix", *_kernel("v6.1")).returncode == 0
    data = (tmp_path / "n.txt").read_bytes()
    assert data == "sys_socket()\r\n    __sys_socket(family, type, protocol)   # 创建".encode("gbk")


def test_settings_name_notes_kernels_and_severities(kcg: Run, note: Path, tmp_path: Path) -> None:
    (tmp_path / "kcg.toml").write_text(
        f'[check]\nkernels = ["{KERNELS / "v6.1"}"]\nfiles = ["*.md"]\n'
        '[check.severity]\narguments = "warning"\nwrong-caller = "none"\norder = "none"\n'
        'unknown-function = "note"\n'
    )
    done = kcg("check")
    assert done.returncode == 0
    assert "note.md:6:9: arguments" in done.stdout
    assert "wrong caller:" not in done.stdout


@pytest.mark.parametrize(
    "text", ["[check]\nkernel = 1\n", "[check]\nfiles = 1\n", "no toml", "[check.severity]\nnope = 'error'\n"]
)
def test_mistakes_in_settings_are_named(kcg: Run, note: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "kcg.toml").write_text(text)
    done = kcg("check", *_kernel("v6.1"))
    assert done.returncode == 2
    assert "kcg.toml" in done.stderr


def test_baseline_holds_known_failures(kcg: Run, note: Path) -> None:
    assert (
        kcg("check", "note.md", "--baseline", "known.json", "--write-baseline", *_kernel("v6.1")).returncode == 0
    )
    done = kcg("check", "note.md", "--baseline", "known.json", *_kernel("v6.1"))
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    note.write_text("\n\n" + NOTE.replace("sock_alocate", "sock_alokate"), encoding="utf-8")
    done = kcg("check", "note.md", "--baseline", "known.json", *_kernel("v6.1"))
    assert done.returncode == 1
    assert "sock_alokate" in done.stdout
    assert "arguments:" not in done.stdout


def test_changed_only_looks_at_changed_trees(kcg: Run, note: Path, tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "note.md")
    _git(tmp_path, "commit", "-q", "-m", "a note")
    assert kcg("check", "note.md", "--changed-only", *_kernel("v6.1")).returncode == 0
    note.write_text(NOTE + "\n```\nsys_bind\n  __sys_bond\n```\n", encoding="utf-8")
    done = kcg("check", "note.md", "--changed-only", *_kernel("v6.1"))
    assert done.returncode == 1
    assert "__sys_bond" in done.stdout
    assert "sock_alocate" not in done.stdout
    assert kcg("check", "note.md", "--changed-only", "--base", "nothing", *_kernel("v6.1")).returncode == 2


def test_bindings_of_the_command_line(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("__sock_create()\n    pf->create()\n        unix_create()\n")
    assert kcg("check", "n.txt", *_kernel("v6.1")).returncode == 0
    done = kcg("check", "n.txt", "--bind", "family=AF_INET", *_kernel("v6.1"))
    assert done.returncode == 1
    assert "not reachable under the bindings: unix_create()" in done.stdout
    assert kcg("check", "n.txt", "--bind", "family", *_kernel("v6.1")).returncode == 2


def test_expected_failures_pass_and_must_happen(kcg: Run, tmp_path: Path) -> None:
    note = tmp_path / "n.md"
    note.write_text("<!-- kcg: expect=fail -->\n```\nsys_socket\n  sys_socked\n```\n")
    assert kcg("check", "n.md", *_kernel("v6.1")).returncode == 0
    note.write_text("<!-- kcg: expect=fail -->\n```\nsys_socket\n  __sys_socket\n```\n")
    done = kcg("check", "n.md", *_kernel("v6.1"))
    assert done.returncode == 1
    assert "expected to fail" in done.stdout
    note.write_text("```\nsys_socket\n  sys_socked  // kcg: ignore\n```\n")
    assert kcg("check", "n.md", *_kernel("v6.1")).returncode == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("binary.md", b"\x7fELF\0\1\2"),
        ("missing.md", None),
    ],
)
def test_what_is_no_note_is_a_mistake(kcg: Run, tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = kcg("check", name, *_kernel("v6.1"))
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_cycles_and_half_trees_get_verdicts(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text(
        "sys_socket()\n  sys_socket()\n    sys_socket()\n      __sys_socket(\n|  +--\n"
    )
    done = kcg("check", "n.txt", *_kernel("v6.1"))
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_output_is_the_same_every_time(kcg: Run, note: Path) -> None:
    outputs = {
        kcg("check", "note.md", "--format", "json", *_kernel("v6.1"), PYTHONHASHSEED=seed).stdout for seed in "123"
    }
    assert len(outputs) == 1


def test_snapshots_are_compared_with_a_new_kernel(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "kcg.toml").write_text('[[snapshot]]\nroot = "sys_socket"\ndepth = 3\n')
    assert kcg("snapshot", *_kernel("v5.10")).stdout == "snapshots/sys_socket.txt\n"
    assert kcg("check", *_kernel("v5.10")).returncode == 0
    done = kcg("check", *_kernel("v6.1"))
    assert done.returncode == 1
    assert done.stdout.startswith("sys_socket: Linux 5.10.0 → 6.1.0, snapshots/sys_socket.txt\n")
    kcg("check", *_kernel("v6.1"), "-o", str(tmp_path / "report.txt"))
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == done.stdout
    assert "+         __sys_socket_create(family, type, protocol)" in done.stdout
    (tmp_path / "snapshots" / "sys_socket.txt").unlink()
    assert "there is no golden tree" in kcg("check", *_kernel("v6.1")).stdout
    (tmp_path / "kcg.toml").write_text("[check]\n")
    assert kcg("snapshot", *_kernel("v6.1")).returncode == 2


def test_what_may_have_been_wrapped_is_told(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("__sock_create\n  sock_alloc\n  family_call_create\n", encoding="utf-8")
    done = kcg("check", "n.txt", *_kernel("v6.1"))
    assert done.returncode == 1
    assert (
        "no function is called family_call_create; __sock_create calls pf->create  [net/socket.c:39]"
        in done.stdout
    )


def test_a_line_that_no_version_has_does_not_break(kcg: Run, tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("sys_socket\n  sock_alocate\n", encoding="utf-8")
    done = kcg("check", "n.txt", "--since", "5.10", *_kernel("v5.10"), *_kernel("v6.1"))
    assert "sock_alocate: does not hold in 5.10.0, the first version asked: unknown function" in done.stdout
