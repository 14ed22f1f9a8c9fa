from .film import NOMINAL_SIDE, SpacedImage
from .handling import handled
from .registry import FAMILIES, SHIFTS, Shift, register_shift
from .shifting import chance_of, shifted
from .ward import Handling, Ward

__all__ = [
    "FAMILIES",
    "NOMINAL_SIDE",
    "SHIFTS",
    "Handling",
    "Shift",
    "SpacedImage",
    "Ward",
    "chance_of",
    "handled",
    "register_shift",
    "shifted",
]
