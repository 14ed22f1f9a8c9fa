"""Images: a file becomes a radiograph. The one place where files are decoded."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
