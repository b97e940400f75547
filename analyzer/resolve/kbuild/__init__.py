"""Which files a kernel's Makefiles build: from what they say to what a configuration makes of it."""
