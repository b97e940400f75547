"""Real kernels for the tests: finds them, and fetches them from the system's Debian archive.

As a script: `python tests/kernels.py [VERSION...]` fetches the packages linux-source-VERSION
(6.1, 6.12 and, where it can be had, 5.10 by default) with apt, where there is apt, and unpacks each once to
.cache/kernels/linux-source-VERSION. $KCG_KERNELS names a folder that already has such folders;
then nothing is fetched. Exit code 1 only when a kernel is missing and $KCG_REQUIRE_KERNELS is 1.

The system's apt is not touched: lists and state are this checkout's own (.cache/apt). Its
configured archives are used, with the suites that have the packages. Standard library only.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CACHE = Path(__file__).resolve().parents[1] / ".cache"
DEFAULT = ("6.1", "6.12")
OPTIONAL = ("5.10",)  # fetched where an archive still has it; never required
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Where the versions are; others are looked for in all of them and in sid.
SUITES = {"5.10": ("bullseye",), "6.1": ("bookworm",), "6.12": ("trixie",)}
DEBIAN_SUITES = {"bullseye", "bookworm", "trixie", "forky", "sid"}
DEBIAN_SUITES |= {"unstable", "testing", "stable", "oldstable"}


def folder() -> Path:
    """The folder that has, or will have, the folders linux-source-VERSION."""
    given = os.environ.get("KCG_KERNELS")
    return Path(given).expanduser() if given else CACHE / "kernels"


def find(version: str) -> Path | None:
    """The unpacked kernel, None when it is not there."""
    path = folder() / f"linux-source-{version}"
    return path if (path / "Makefile").is_file() else None


def sibling(version: str) -> Path | None:
    """Another release of the same series, unpacked to linux-source-VERSION.N; fetched if the archive keeps one.
    None when there is none."""
    here = find(version)
    own = release(here) if here else ""
    unpacked = sorted(p for p in folder().glob(f"linux-source-{version}.*") if release(p) not in ("", own))
    if unpacked or not own or os.environ.get("KCG_KERNELS") or shutil.which("apt-cache") is None:
        return unpacked[-1] if unpacked else None
    package = f"linux-source-{version}"
    environment = private_apt((version, "of any suite"))
    subprocess.run(["apt-get", "-qq", "update"], env=environment, check=False)
    listed = subprocess.run(
        ["apt-cache", "madison", package], env=environment, check=False, capture_output=True, text=True
    ).stdout
    packages = [line.split("|")[1].strip() for line in listed.splitlines() if line.count("|") >= 2]
    others = [p for p in packages if p.split("-")[0] != own]
    if not others:
        return None
    target = folder() / f"linux-source-{others[0].split('-')[0]}"
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder()) as temporary:
        command = ["apt-get", "-q", "download", f"{package}={others[0]}"]
        subprocess.run(command, cwd=temporary, env=environment, check=False)
        deb = next(Path(temporary).glob("*.deb"), None)
        if deb is not None:
            unpack(deb, target)
    return target if release(target) else None


def release(kernel: Path) -> str:
    """`6.12.117` as a kernel's Makefile has it; "" when there is none."""
    try:
        head = (kernel / "Makefile").read_text(encoding="utf-8", errors="replace")[:400]
    except OSError:
        return ""
    numbers = [re.search(rf"^{name} *= *(\d+)", head, re.M) for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    return ".".join(number[1] for number in numbers if number)


def required() -> bool:
    """Whether a missing kernel is a failure."""
    return os.environ.get("KCG_REQUIRE_KERNELS", "") not in ("", "0")


def main(arguments: Sequence[str]) -> int:
    """Fetch what is missing; returns the exit code."""
    versions = tuple(arguments) or DEFAULT + OPTIONAL
    missing = [version for version in versions if find(version) is None]
    if missing and not os.environ.get("KCG_KERNELS"):
        try:
            fetch(missing)
        except (OSError, subprocess.CalledProcessError, tarfile.TarError) as error:
            say(f"fetching failed: {error}")
    for version in versions:
        path = find(version)
        if path is None:
            say(f"linux-source-{version} is not there: tests that need it are skipped")
        else:
            say(f"linux-source-{version}: {path}")
    missing = [version for version in versions if find(version) is None]
    if not arguments:
        missing = [version for version in missing if version not in OPTIONAL]
    return 1 if required() and missing else 0


def fetch(versions: Sequence[str]) -> None:
    """Download and unpack the packages. Raises OSError or CalledProcessError when that fails."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        say("there is no apt here, so no kernels are fetched")
        return
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    environment = private_apt(versions)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target) as temporary:
        packages = [f"linux-source-{version}" for version in versions]
        # A suite that is gone fails the update, but the others' lists are there.
        subprocess.run(["apt-get", "-qq", "update"], env=environment, check=False)
        for package in packages:
            command = ["apt-get", "-q", "download", package]
            subprocess.run(command, cwd=temporary, env=environment, check=False)
        debs = {p: next(Path(temporary).glob(f"{p}_*.deb"), None) for p in packages}
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            jobs = [pool.submit(unpack, deb, target / package) for package, deb in debs.items() if deb]
            for job in jobs:
                job.result()


def unpack(deb: Path, target: Path) -> None:
    """Unpack the kernel inside a package to `target`, which appears only when complete."""
    say(f"unpacking {deb.name}")
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as temporary:
        subprocess.run(["dpkg-deb", "-x", str(deb), temporary], check=True)
        archive = next(Path(temporary).glob("usr/src/linux-source-*.tar.xz"))
        inner = Path(temporary) / "tree"
        inner.mkdir()
        if shutil.which("tar") and shutil.which("xz"):
            subprocess.run(["tar", "-xJf", str(archive), "-C", str(inner)], check=True)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(inner, filter="data")
        (tree,) = inner.iterdir()
        if not target.exists():  # another run may have been faster
            tree.rename(target)


def private_apt(versions: Sequence[str]) -> dict[str, str]:
    """Environment in which apt works with lists, cache and sources under .cache/apt."""
    base = CACHE / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (base / part).mkdir(parents=True, exist_ok=True)
    lines = [
        f'Dir::State::lists "{base}/lists";',
        f'Dir::Cache "{base}/cache";',
        'APT::Sandbox::User "root";',  # the folders need not be open to apt's own user
        'Acquire::Languages "none";',
    ]
    sources = debian_sources(suites_for(versions))
    if sources:
        (base / "kernels.sources").write_text(sources, encoding="utf-8")
        lines.append(f'Dir::Etc::sourcelist "{base}/kernels.sources";')
        lines.append('Dir::Etc::sourceparts "-";')
    else:
        say("apt has no Debian archive configured; its own sources are used as they are")
    (base / "apt.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {**os.environ, "APT_CONFIG": str(base / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}


def suites_for(versions: Iterable[str]) -> tuple[str, ...]:
    """The suites to look in, without their -security."""
    found: list[str] = []
    for version in versions:
        found += SUITES.get(version, ("bullseye", "bookworm", "trixie", "sid"))
    return tuple(dict.fromkeys(found))


def debian_sources(suites: Sequence[str]) -> str:
    """Text of a .sources file: the configured Debian archives with these suites; "" for none."""
    uris: dict[tuple[str, bool], str] = {}
    for uri, suite, key in configured():
        security = suite.endswith("-security")
        base = suite.removesuffix("-security").removesuffix("-updates")
        if base in DEBIAN_SUITES:
            uris.setdefault((uri, security), key)
    text = ""
    for (uri, security), key in uris.items():
        names = [
            f"{suite}-security" if security else suite for suite in suites if not (security and suite == "sid")
        ]
        if names:
            text += f"Types: deb\nURIs: {uri}\nSuites: {' '.join(names)}\nComponents: main\n"
            text += f"Signed-By: {key}\n\n" if key else "\n"
    return text


def configured() -> Iterator[tuple[str, str, str]]:
    """(URI, suite, key) of every binary source that apt is configured with, main component."""
    default_key = str(KEYRING) if KEYRING.is_file() else ""
    etc = Path("/etc/apt")
    for path in sorted(etc.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            fields = stanza_fields(stanza)
            wanted = "deb" in fields.get("types", "").split()
            if not wanted or "main" not in fields.get("components", "").split():
                continue
            key = fields.get("signed-by", "")
            for uri in fields.get("uris", "").split():
                for suite in fields.get("suites", "").split():
                    yield uri, suite, key if key.startswith("/") else default_key
    for path in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.strip())
            if match and "main" in match[4].split():
                signed = re.search(r"signed-by=(/\S+)", match[1] or "", re.IGNORECASE)
                yield match[2], match[3], signed[1] if signed else default_key


def stanza_fields(stanza: str) -> dict[str, str]:
    """Fields of one deb822 stanza, names in lower case; comments left out."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = fields.get(name, "") + " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value.strip()
    return fields


def say(text: str) -> None:
    print(f"kernels: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
