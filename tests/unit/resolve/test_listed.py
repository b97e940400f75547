"""List files and the definitions that their includers give their macro."""

from trees import resolver

from analyzer.resolve.listed import inclusions

FILES = {
    "include/linux/list.h": "ITEM(one)\nITEM(two)\n",
    "kernel/first.c": "#define ITEM(n) int first_##n(void) { return 1; }\n#include <linux/list.h>\n#undef ITEM\n",
    "kernel/second.c": "#include <linux/list.h>\n#define ITEM(n) int second_##n(void) { return helper(n); }\n"
    "static int helper(int n) { return n; }\n#ifdef CONFIG_SECOND\n#include <linux/list.h>\n#endif\n",
    "kernel/third.c": "#define ITEM(n) int third_##n(void) { return 1; }\n#undef ITEM\n#include <linux/list.h>\n",
    "arch/arm/list.c": "#define ITEM(n) int arm_##n(void) { return 1; }\n#include <linux/list.h>\n",
    "kernel/use.c": "int use(void) { return first_one() + second_two(); }\n",
}


def test_the_definition_above_an_inclusion_counts() -> None:
    found = inclusions(resolver(FILES).scopes, "include/linux/list.h", "ITEM")
    assert [(i.path, i.line, i.guard) for i in found] == [
        ("kernel/first.c", 2, ""),
        ("kernel/second.c", 5, "CONFIG_SECOND"),
    ]


def test_calls_of_listed_functions() -> None:
    found = resolver(FILES)
    edges = [e for f in found.named("use") for e in found.calls.of(f)]
    assert [(e.callee.name, e.callee.file, e.callee.line) for e in edges if e.callee is not None] == [
        ("first_one", "include/linux/list.h", 1),
        ("second_two", "include/linux/list.h", 2),
    ]
    second = found.function(edges[1].callee) if edges[1].callee else None
    assert second is not None
    assert second.definition.guard == "CONFIG_SECOND"
    helper = found.calls.of(second)[0].callee  # a name of the includer
    assert helper is not None
    assert helper.file == "kernel/second.c"
