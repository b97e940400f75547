"""Frozen value types shared by all layers. Standard library and msgspec only."""
