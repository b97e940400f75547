"""What a file sees: its includes, and which definition of a name it means."""

from trees import INCLUDING, resolver


def test_macros_are_those_of_the_file() -> None:
    scopes = resolver(INCLUDING).scopes
    assert [d.body[0].text for d in scopes.of("net/a.c").macro("BITS")] == ["64"]
    assert scopes.of("net/a.c").macro_is_sure("A")
    assert scopes.of("net/b.c").macro("A")
    assert not scopes.of("net/b.c").macro_is_sure("A")
    assert scopes.of("net/part.c").includers == ("net/whole.c",)
    assert scopes.of("net/part.c").macro("A")


def test_own_macros_hide_those_of_headers() -> None:
    files = {
        "include/linux/a.h": "#define F one\n",
        "kernel/a.c": "#include <linux/a.h>\n#undef F\n#define F two\n",
    }
    assert [d.body[0].text for d in resolver(files).scopes.of("kernel/a.c").macro("F")] == ["two"]


def test_other_architectures_are_foreign() -> None:
    scopes = resolver(INCLUDING).scopes
    assert scopes.foreign("arch/arm64/include/asm/bits.h")
    assert scopes.foreign("tools/perf/main.c")
    assert not scopes.foreign("arch/x86/include/asm/bits.h")
    assert not scopes.foreign("include/asm-generic/io.h")


def test_a_conditional_definition_is_ranked_by_its_guard() -> None:
    files = {
        "kernel/a.c": "#ifdef CONFIG_X86_64\n#define F wide\n#else\n#define F narrow\n#endif\n"
        "#ifdef CONFIG_SMP\n#define G(x) many(x)\n#else\n#define G(x) do { } while (0)\n#endif\n",
    }
    scope = resolver(files).scopes.of("kernel/a.c")
    assert [d.body[0].text for d in scope.macro("F")] == ["wide"]
    assert [d.body[0].text for d in scope.macro("G")] == ["many", "do"]
