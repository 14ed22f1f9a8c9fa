"""How long a test waits before it gives up, in ms. Wide: only what fails waits to the end."""

SOON = 10_000
"""for a thread to take a step, or a file to be written"""

LONG = 60_000
"""for the window to open something, to refuse it, or to close"""

WAIT = 120_000
"""for an attack or a sweep of a few images"""

PATIENCE = 240_000
"""for a training of a few images"""

PROGRAM = 300_000
"""for the program in a process of its own"""
