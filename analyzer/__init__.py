"""kcg: call graphs of Linux kernel sources, read without a build."""
