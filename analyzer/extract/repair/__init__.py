"""Second reading of what the grammar could not read."""
