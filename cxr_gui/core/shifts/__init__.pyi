from .film import ATTENUATION, NOMINAL_SIDE, SpacedImage
from .registry import FAMILIES, SHIFTS, Shift, register_shift
from .shifting import chance_of, shifted
from .ward import Handling, Ward

__all__ = [
    "ATTENUATION",
    "FAMILIES",
    "NOMINAL_SIDE",
    "SHIFTS",
    "Handling",
    "Shift",
    "SpacedImage",
    "Ward",
    "chance_of",
    "register_shift",
    "shifted",
]
