from .film import NOMINAL_SIDE, Film
from .registry import FAMILIES, SHIFTS, Shift, register_shift
from .shifting import chance_of, shifted

__all__ = ["FAMILIES", "NOMINAL_SIDE", "SHIFTS", "Film", "Shift", "chance_of", "register_shift", "shifted"]
