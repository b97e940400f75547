"""Comparing kernels with each other, and with what notes say of them. Pure; beside `render`."""
