"""What is reachable from a root: rooted graphs, call trees, hiding of noise, exchange formats."""
