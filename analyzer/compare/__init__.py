"""Comparing: what notes or other versions say against what a kernel says. Pure; beside `render`."""
