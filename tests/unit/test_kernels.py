"""How real kernels are found, and which archives they are fetched from."""

from pathlib import Path

import kernels
import pytest

CONFIGURED = [
    ("http://mirror/debian", "bookworm", "/key.gpg"),
    ("http://mirror/debian", "bookworm-updates", "/key.gpg"),
    ("http://mirror/debian-security", "bookworm-security", "/key.gpg"),
    ("https://vendor/apt", "cloud-bookworm", ""),
]


def test_only_suites_are_varied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "configured", lambda: iter(CONFIGURED))
    text = kernels.debian_sources(("bookworm", "trixie", "sid"))
    assert text == (
        "Types: deb\nURIs: http://mirror/debian\nSuites: bookworm trixie sid\n"
        "Components: main\nSigned-By: /key.gpg\n\n"
        "Types: deb\nURIs: http://mirror/debian-security\n"
        "Suites: bookworm-security trixie-security\nComponents: main\nSigned-By: /key.gpg\n\n"
    )


def test_no_debian_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "configured", lambda: iter(CONFIGURED[3:]))
    assert kernels.debian_sources(("bookworm",)) == ""


def test_stanza() -> None:
    fields = kernels.stanza_fields("# comment\nTypes: deb\nURIs: http://a\n http://b\nSuites: sid\n")
    assert fields == {"types": "deb", "uris": "http://a http://b", "suites": "sid"}


def test_suites() -> None:
    assert kernels.suites_for(["6.1", "6.12"]) == ("bookworm", "trixie")
    assert "sid" in kernels.suites_for(["7.2"])


def test_given_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KCG_KERNELS", str(tmp_path))
    monkeypatch.delenv("KCG_REQUIRE_KERNELS", raising=False)
    (tmp_path / "linux-source-6.1").mkdir()
    (tmp_path / "linux-source-6.1/Makefile").touch()
    assert kernels.main(["6.1"]) == 0
    assert kernels.main(["6.1", "6.12"]) == 0
    assert "6.12 is not there" in capsys.readouterr().err
    monkeypatch.setenv("KCG_REQUIRE_KERNELS", "1")
    assert kernels.main(["6.1", "6.12"]) == 1


def test_a_release_of_the_same_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, sublevel in (("linux-source-6.12", 9), ("linux-source-6.12.9", 9), ("linux-source-6.12.10", 10)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Makefile").write_text(f"VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = {sublevel}\n")
    monkeypatch.setenv("KCG_KERNELS", str(tmp_path))
    assert kernels.release(tmp_path / "linux-source-6.12") == "6.12.9"
    assert kernels.release(tmp_path) == ""
    assert kernels.sibling("6.12") == tmp_path / "linux-source-6.12.10"
    assert kernels.sibling("6.1") is None
