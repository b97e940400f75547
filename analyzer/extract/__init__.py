"""Bytes of one file in, facts out: the only user of tree-sitter."""
