"""The dataset tab: what is in a folder, found, filtered, audited, and left out of training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
