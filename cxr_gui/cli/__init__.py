"""The command line: one file a family of commands. Qt is imported only to open the window."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
