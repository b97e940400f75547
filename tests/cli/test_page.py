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


def row(page: Any, text: str) -> Any:
    """The first line that begins with a text."""
    return page.locator("#tree .row", has_text=re.compile("^" + re.escape(text))).first


def shown(page: Any) -> list[str]:
    """The lines that can be seen, in order."""
    rows = page.locator("#tree .row")
    return [rows.nth(n).inner_text() for n in range(rows.count()) if rows.nth(n).is_visible()]


def test_closing_hides_all_below_and_nothing_else(page: Any) -> None:
    page.locator("#open").click()
    everything = shown(page)
    inside = row(page, "sock->type = type")
    line = row(page, "return __sock_create(")
    assert inside.is_visible()
    line.click()  # chooses
    page.keyboard.press("ArrowLeft")
    closed = shown(page)
    assert not inside.is_visible()
    start = everything.index(line.inner_text())
    gone = len(everything) - len(closed)
    assert gone > 20
    assert closed == everything[: start + 1] + everything[start + 1 + gone :]
    page.keyboard.press("ArrowDown")  # passes over what is hidden
    assert chosen(page) == closed[start + 1]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert shown(page) == everything
    page.keyboard.press("ArrowRight")  # into it
    assert chosen(page) == everything[start + 1]


def test_a_branch_that_was_closed_inside_stays_so(page: Any) -> None:
    page.locator("#open").click()
    inner, outer = row(page, "struct sock *sk = sk_prot_alloc("), row(page, "return __sock_create(")
    inside = row(page, "if (slab != NULL)")
    for line in (inner, outer):
        line.click()
        page.keyboard.press("Enter")
    assert not inner.is_visible()
    page.keyboard.press(" ")
    assert inner.is_visible() and not inside.is_visible()


def test_opening_and_closing_with_the_mouse(page: Any) -> None:
    page.locator("#close").click()
    assert [line.partition("(")[0].strip() for line in shown(page)] == ["sys_socket", "return __sys_socket"]
    second = row(page, "return __sys_socket(")
    second.click()
    assert len(shown(page)) == 2  # a first click only chooses
    second.click()
    assert len(shown(page)) > 2
    second.click(position={"x": 4, "y": 6})  # the mark before it
    assert len(shown(page)) == 2
    page.locator("#open").click()
    assert len(shown(page)) == page.locator("#tree .row").count() > 100


def test_every_control_is_reached_with_tab(page: Any) -> None:
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached[:4] == ["search", "open", "close", "tab-tree"]
    assert "root" in reached  # one stop for the whole tree, on the chosen line
    page.keyboard.press("Shift+Tab")
    focused = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert focused != "none"


def test_search_goes_through_all_hits_and_back(page: Any) -> None:
    page.locator("#close").click()
    page.keyboard.press("/")
    page.keyboard.type("SK->SK_PROT->")  # capitals or not
    hits = page.locator("li.hit > .row")
    count = hits.count()
    assert count >= 3 and page.locator("#found").inner_text() == f"{count} found"
    assert all(hits.nth(n).is_visible() for n in range(count))
    seen = []
    for number in range(count):
        page.keyboard.press("Enter")
        assert page.locator("#found").inner_text() == f"{number + 1} of {count}"
        seen.append(chosen(page))
    assert seen == [hits.nth(n).inner_text() for n in range(count)]
    page.keyboard.press("Enter")
    assert chosen(page) == seen[0]
    page.keyboard.press("Shift+Enter")
    assert chosen(page) == seen[-1]
    page.keyboard.press("ArrowDown")  # from the field into the tree
    assert page.evaluate("document.activeElement.closest('#tree') !== null")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type("no_such_thing")
    assert page.locator("#found").inner_text() == "0 found"
    assert page.locator("li.hit").count() == 0


def test_details_of_each_kind_of_line(page: Any) -> None:
    page.locator("#open").click()

    def details(text: str) -> dict[str, str]:
        if not chosen(page).startswith(text):  # a second click closes
            row(page, text).click()
        names, values = page.locator("#details dt"), page.locator("#details dd")
        return {names.nth(n).inner_text(): values.nth(n).inner_text() for n in range(names.count())}

    root = details("sys_socket")
    assert re.fullmatch(r"net/socket\.c:\d+", root["defined"]) and "call" not in root
    direct = details("sock = sock_alloc()")
    assert direct["call"] == "sock_alloc()"
    assert (direct["kind"], direct["confidence"]) == ("direct", "certain")
    site = details("err = pf->create(net, sock, protocol, kern)")
    assert (site["slot"], site["targets"]) == ("net_proto_family.create", "2")
    target = details("[PF_INET] inet_family_ops.create")
    assert re.fullmatch(r"inet_family_ops at net/ipv4/af_inet\.c:\d+", target["evidence"])
    assert target["function"].startswith("int inet_create(struct net *net,")
    condition = details("if (slab != NULL)")
    assert list(condition) == ["statement"]
    link = page.locator("#details a").first
    assert re.fullmatch(r"https://elixir\S+/net/core/sock\.c#L\d+", link.get_attribute("href") or "")


def test_the_diagram_is_on_its_tab(page: Any) -> None:
    assert not page.locator("#diagram svg").is_visible()
    page.locator("#tab-tree").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#diagram svg").is_visible()
    assert not page.locator("#tree").is_visible()
