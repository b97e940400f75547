"""Facts in, call edges out. Lazy: only what a question needs is looked at."""
