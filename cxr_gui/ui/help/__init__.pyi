from .dialog import HelpDialog

__all__ = [
    "HelpDialog",
]
