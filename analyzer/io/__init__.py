"""Bytes in and out: kernel sources and external programs. Knows nothing about C."""
