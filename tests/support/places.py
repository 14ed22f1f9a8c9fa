"""Where the checkout is, for tests that start the program in a process of its own."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
