"""Studies: train, sweep and report in one go; and whatever is opened, told apart."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
