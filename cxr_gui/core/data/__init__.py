"""Data: a folder becomes a dataset, a store, and batches; patients, splits, the audit, the download."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
