from .tab import DatasetTab

__all__ = [
    "DatasetTab",
]
