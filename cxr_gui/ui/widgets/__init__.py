"""What the window's rooms share: theme, settings, labels, plots, fields. Each module is its own face."""
