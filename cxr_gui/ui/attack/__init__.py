"""The attack tab: linked views, the attack's settings, the verdict in words, the sweep chart, exports."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
