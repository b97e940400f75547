"""Names that look like a misspelled one."""

from analyzer.pipeline.nearnames import NearNames

NAMES = NearNames(("sock_alloc", "sock_alloc_file", "sk_alloc", "kmalloc", "vfs_read", "sock_release"))


def test_the_most_alike_comes_first_and_never_the_name_itself() -> None:
    assert NAMES.of("sock_aloc")[0] == "sock_alloc"
    assert "sock_alloc" not in NAMES.of("sock_alloc")


def test_a_candidate_shares_an_end_and_has_nearly_the_length() -> None:
    assert "sk_alloc" in NAMES.of("sock_alloc")  # by its end
    assert "sock_alloc_file" not in NAMES.of("sock_aloc")
    assert NAMES.of("zzzz") == []
    assert NAMES.of("") == []


def test_equally_alike_names_come_in_their_order() -> None:
    near = NearNames(("read_b", "read_a", "read_c"))
    assert near.of("read_x") == ["read_a", "read_b", "read_c"]
