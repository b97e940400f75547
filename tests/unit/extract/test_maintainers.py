"""Subsystems by MAINTAINERS."""

from analyzer.extract.maintainers import subsystem_of

TEXT = """List of maintainers

	F: in an explanation/

NETWORKING [GENERAL]
M:	Somebody <a@b>
F:	net/
F:	include/linux/net*
X:	net/rose/

NETWORKING [TCP]
F:	net/ipv4/tcp*.c

THE REST
F:	*
F:	*/
"""


def test_the_most_specific_pattern_wins() -> None:
    of = subsystem_of(TEXT)
    assert of("net/socket.c") == "NETWORKING [GENERAL]"
    assert of("net/ipv4/tcp_ipv4.c") == "NETWORKING [TCP]"
    assert of("net/ipv4/tcp/x.c") == "NETWORKING [GENERAL]"
    assert of("include/linux/netdevice.h") == "NETWORKING [GENERAL]"
    assert of("net/rose/af_rose.c") == ""
    assert of("fs/open.c") == ""


def test_without_patterns_no_subsystem() -> None:
    assert subsystem_of("")("net/socket.c") == ""
    assert subsystem_of("NETWORKING\nP: Somebody\nM: a@b\n")("net/socket.c") == ""
