from .program import main, window

__all__ = ["main", "window"]
