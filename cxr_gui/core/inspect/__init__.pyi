from .difference import (
    CHANNELS,
    DIVERGING,
    difference_levels,
    difference_limit,
    difference_title,
    gain,
    perturbed_title,
    signed_difference,
)
from .events import ImageJudged, Judged
from .explanation import Explanation, explain
from .handling import handled
from .heat import OF_THE_MODEL, OPACITY, SIDES, STRENGTH, agreement, colour_ramp, colours_of, shares_of
from .inspection import Inspection, Inspector
from .judging import judge
from .methods import METHODS
from .plausible import PlausibleFilm, worst_plausible
from .prediction import predict
from .proof import FilmProof, prove
from .saved import SavedImage, save_image, try_files
from .saved_kinds import SAVED_KINDS

__all__ = [
    "CHANNELS",
    "DIVERGING",
    "METHODS",
    "OF_THE_MODEL",
    "OPACITY",
    "SAVED_KINDS",
    "SIDES",
    "STRENGTH",
    "Explanation",
    "FilmProof",
    "ImageJudged",
    "Inspection",
    "Inspector",
    "Judged",
    "PlausibleFilm",
    "SavedImage",
    "agreement",
    "colour_ramp",
    "colours_of",
    "difference_levels",
    "difference_limit",
    "difference_title",
    "explain",
    "gain",
    "handled",
    "judge",
    "perturbed_title",
    "predict",
    "prove",
    "save_image",
    "shares_of",
    "signed_difference",
    "try_files",
    "worst_plausible",
]
