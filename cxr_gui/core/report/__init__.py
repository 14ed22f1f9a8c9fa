"""Reports: a study or sweeps become PNG, PDF, HTML, CSV, JSON, and cards."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
