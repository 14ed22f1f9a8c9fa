"""The queue: trainings and sweeps one after another, which no kill and no failure of one can lose."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
