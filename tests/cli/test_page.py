"""The HTML page: self-contained, valid, and usable in a real browser with the keyboard alone."""

import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from .conftest import Kcg

_VOID = {"meta", "input", "br", "link", "img"}


@pytest.fixture
def page_file(kcg: Kcg, small_kernel: Callable[[str], Path], tmp_path: Path) -> Path:
    target = tmp_path / "page.html"
    done = kcg("graph", "sys_socket", "--depth", "8", "-k", small_kernel("v6.1"), "-o", target)
    assert done.code == 0, done.err
    return target


class _Nesting(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.errors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.errors.append(tag)


def test_the_page_is_whole_and_needs_nothing(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    nesting = _Nesting()
    nesting.feed(text)
    assert not nesting.errors
    assert not nesting.stack
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", text)
    assert "default-src 'none'" in text
    assert "[TCP] " in text
    assert "<svg" in text


def test_the_same_bytes_every_time(page_file: Path, kcg: Kcg, small_kernel: Callable[[str], Path]) -> None:
    first = page_file.read_bytes()
    kcg("graph", "sys_socket", "--depth", "8", "-k", small_kernel("v6.1"), "-o", page_file)
    assert page_file.read_bytes() == first


@pytest.fixture
def page(page_file: Path) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = opened.new_page(viewport={"width": 1200, "height": 800})
        shown.complaints = []
        shown.on("console", lambda message: shown.complaints.append(message.text))
        shown.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.on("request", lambda request: shown.complaints.append(request.url))
        shown.goto(page_file.as_uri())
        shown.complaints.remove(page_file.as_uri())
        yield shown
        assert shown.complaints == []
        opened.close()


def chosen(page: Any) -> str:
    return str(page.locator("li[aria-selected=true] > .row").inner_text())


def test_the_tree_with_the_keyboard(page: Any) -> None:
    assert chosen(page).startswith("sys_socket")
    page.locator("#tree li").first.focus()
    page.keyboard.press("ArrowDown")
    assert chosen(page).startswith("return __sys_socket(")
    page.keyboard.press("ArrowLeft")
    assert page.locator("li[aria-selected=true]").get_attribute("aria-expanded") == "false"
    page.keyboard.press("ArrowLeft")
    assert chosen(page).startswith("sys_socket")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert chosen(page).startswith("sys_socket")


def test_search_opens_what_it_finds_and_details_tell_why(page: Any) -> None:
    page.keyboard.press("/")
    page.keyboard.type("tcp_v4_init_sock")
    assert page.locator("#found").inner_text() == "1 found"
    page.keyboard.press("Enter")
    assert "tcp_prot.init → tcp_v4_init_sock(sk)" in chosen(page)
    assert page.locator("li[aria-selected=true] > .row").is_visible()
    details = page.locator("#details").inner_text()
    for part in ("net/ipv4/af_inet.c:", "proto.init", "slot type", "likely", "tcp_prot at net/ipv4/tcp_ipv4.c:"):
        assert part in details, part
    page.keyboard.press("Escape")
    assert page.locator("#found").inner_text() == ""


def test_the_diagram_is_on_its_tab(page: Any) -> None:
    assert not page.locator("#diagram svg").is_visible()
    page.locator("#tab-tree").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#diagram svg").is_visible()
    assert not page.locator("#tree").is_visible()
