"""The queue: its table, what is told of it, and its place in the status bar."""
