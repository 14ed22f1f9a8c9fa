from .film import ATTENUATION, NOMINAL_SIDE, SpacedImage
from .registry import FAMILIES, SHIFTS, Shift, in_families, register_shift
from .shifting import chance_of, shifted
from .ward import AS_IT_IS, Handling, Ward

__all__ = [
    "AS_IT_IS",
    "ATTENUATION",
    "FAMILIES",
    "NOMINAL_SIDE",
    "SHIFTS",
    "Handling",
    "Shift",
    "SpacedImage",
    "Ward",
    "chance_of",
    "in_families",
    "register_shift",
    "shifted",
]
