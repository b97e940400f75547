"""Statements of Makefiles."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.extract.kbuild import extract_makefile
from analyzer.model.kbuild import MakeStatement


def test_assignments_conditionals_and_continuations() -> None:
    text = b"""# comment \\
still comment
obj-$(CONFIG_FOO)\t+= foo.o \\
\t\t\tbar.o # trailing
ifeq ($(CONFIG_A),y)
  foo-y := a.o
else ifdef CONFIG_B
  foo-y = b.o
else
endif
-include $(src)/more.mk
export DIRS := one/ two/
"""
    assert extract_makefile(text) == (
        MakeStatement("assign", 3, "obj-$(CONFIG_FOO)", "+=", "foo.o bar.o"),
        MakeStatement("if", 5, "", "ifeq", "($(CONFIG_A),y)"),
        MakeStatement("assign", 6, "foo-y", ":=", "a.o"),
        MakeStatement("else", 7, "", "ifdef", "CONFIG_B"),
        MakeStatement("assign", 8, "foo-y", "=", "b.o"),
        MakeStatement("else", 9),
        MakeStatement("endif", 10),
        MakeStatement("include", 11, "", "", "$(src)/more.mk"),
        MakeStatement("assign", 12, "DIRS", ":=", "one/ two/"),
    )


def test_rules_recipes_and_definitions() -> None:
    text = b"""define cmd_gen
\tcat $< > $@
endef
$(obj)/gen.o: $(src)/gen.c FORCE
\tobj-y += not_an_assignment.o
\t$(Q)$(MAKE) $(build)=$(obj)/sub $@
$(obj)/foo.o: CFLAGS += -DX
\tobj-y += indented.o
"""
    found = extract_makefile(text)
    assert [(s.kind, s.line, s.name) for s in found] == [
        ("assign", 1, "cmd_gen"),
        ("rule", 4, "$(obj)/gen.o"),
        ("submake", 6, ""),
    ]
    assert found[2].text == "$(obj)/sub"


@given(st.binary(max_size=400))
def test_anything_can_be_read(data: bytes) -> None:
    for statement in extract_makefile(data):
        assert 1 <= statement.line <= data.count(b"\n") + 1
