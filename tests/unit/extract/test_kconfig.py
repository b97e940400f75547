"""What a Kconfig file says of symbols that nobody can switch off."""

from hypothesis import given
from hypothesis import strategies as st

from analyzer.extract.kconfig import UNKNOWN, extract_kconfig
from analyzer.model.kconfig import Symbol

TEXT = """\
# Select 32 or 64 bit
config 64BIT
	bool "64-bit kernel" if "$(ARCH)" = "x86"
	default "$(ARCH)" != "i386"
	help
		Say yes to build a 64-bit kernel.
		select NOTHING

config X86_32
	def_bool y
	depends on !64BIT
	select KMAP_LOCAL

config X86
	def_bool y
	#
	select ARCH_HAS_CPU_FINALIZE_INIT
	select ACPI_LEGACY_TABLES_LOOKUP	if ACPI
	select HAVE_RELIABLE_STACKTRACE if UNWINDER_ORC || \\
		STACK_VALIDATION = y
	select HAVE_GENERATED if $(cc-option,-g)

if FEATURES

config INNER
	def_bool y
	select OUTER

endif

config INSTRUCTION_DECODER
	def_bool y
	depends on KPROBES || PERF_EVENTS != n

config LAST
	def_bool y if SMP

choice
	prompt "Kind of thing"

	config FIRST_KIND
		bool "First"
		help
			Like the
			config SECOND_KIND

	config SECOND_KIND
		def_bool y
		depends on LAST
endchoice
"""


def test_symbols() -> None:
    assert extract_kconfig(TEXT.encode()) == (
        Symbol("64BIT"),
        Symbol("X86_32", "", ("!CONFIG_64BIT",), (("KMAP_LOCAL", ""),)),
        Symbol(
            "X86",
            "",
            (),
            (
                ("ARCH_HAS_CPU_FINALIZE_INIT", ""),
                ("ACPI_LEGACY_TABLES_LOOKUP", "CONFIG_ACPI"),
                ("HAVE_RELIABLE_STACKTRACE", "CONFIG_UNWINDER_ORC || CONFIG_STACK_VALIDATION"),
                ("HAVE_GENERATED", UNKNOWN),
            ),
        ),
        Symbol("INNER", None, (), (("OUTER", ""),)),
        Symbol("INSTRUCTION_DECODER", "", ("CONFIG_KPROBES || CONFIG_PERF_EVENTS",)),
        Symbol("LAST", "CONFIG_SMP"),
        Symbol("FIRST_KIND"),
        Symbol("SECOND_KIND", None, ("CONFIG_LAST",)),
    )


@given(st.text("config X\n\tselect Y if Z|&!()def_booly#endmenu$", max_size=200) | st.binary(max_size=80))
def test_anything_is_a_kconfig(data: str | bytes) -> None:
    extract_kconfig(data if isinstance(data, bytes) else data.encode())
