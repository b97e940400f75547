"""What differs between kernels: pure functions over resolved edges and definitions of two versions."""
