"""Notes: bytes of a text file in, the call trees in it out. Pure; knows no kernel."""
