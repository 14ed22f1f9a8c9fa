"""The guide: short pages in which the program explains itself."""

from cxr_gui.ui.help.dialog import HelpDialog

__all__ = ["HelpDialog"]
