from .tab import RunsTab

__all__ = [
    "RunsTab",
]
