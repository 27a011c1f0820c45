"""How fast, beside whom: the tables of docs/performance.md. Nothing here is a test; nothing asserts a time."""
