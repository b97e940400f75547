"""Composes reading and writing with the pure stages."""
