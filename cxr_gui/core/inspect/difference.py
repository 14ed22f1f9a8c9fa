"""What an attack changed, as an image: which change, in which colours, how much stronger, under which title.

The window and what is exported of it show the same. No torch, no Qt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.inspect.heat import colour_ramp

if TYPE_CHECKING:
    from cxr_gui.core.inspect.inspection import Inspection

# ColorBrewer's RdBu without its darkest ends, which would sink into the black around a film: blue for
# darker, white for unchanged, red for brighter. Told apart by people with any colour vision.
ANCHORS = ("2166ac", "4393c3", "92c5de", "d1e5f0", "f7f7f7", "fddbc7", "f4a582", "d6604d", "b2182b")

DIVERGING = colour_ramp(ANCHORS)
"""uint8 [256, 3]: from darker than before, over unchanged, to brighter."""

FLAT_LIMIT = 1 / 255
"""Where the colours end (pixel units) at epsilon 0, when there is no difference to scale them by."""

CHANNELS = ("mean", "red", "green", "blue")
"""What of a difference in three channels can be shown."""


def signed_difference(inspection: Inspection, channel: int = 0) -> NDArray[np.floating]:
    """Perturbed minus clean [H, W] in pixel units: of three channels their mean, or the `channel` 1 to 3."""
    difference = inspection.difference
    if difference.ndim == 2:
        return difference
    # The mean by hand: numpy's over an axis of three takes ten times as long.
    red, green, blue = (difference[..., number] for number in range(3))
    return (red + green + blue) / 3 if channel == 0 else difference[..., channel - 1]


def difference_limit(inspection: Inspection) -> float:
    """Where the colours end, in pixel units: at the largest change."""
    return inspection.linf or FLAT_LIMIT


def difference_levels(change: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
    """Places in `DIVERGING` of a change, of which `limit` is the most that the colours tell."""
    levels: NDArray[np.uint8] = (np.clip(change * (1 / limit), -1, 1) * 127.5 + 128).astype(np.uint8)
    return levels


def gain(inspection: Inspection) -> float:
    """How much stronger a change is drawn than in the image itself, where half the range is 0.5."""
    return 0.5 / difference_limit(inspection)


def difference_title(inspection: Inspection, channel: int = 0) -> str:
    """ "Difference x 33, mean": how much stronger, and of three channels what is shown."""
    which = f", {CHANNELS[channel]}" if inspection.difference.ndim == 3 else ""
    return f"Difference \N{MULTIPLICATION SIGN} {gain(inspection):.0f}{which}"


def perturbed_title(inspection: Inspection, unit: str = "model") -> str:
    """ "Perturbed, FGSM, epsilon 0.030 (3.8/255), rgb", `unit` first; of one width while epsilon moves."""
    model = f"{from_pixel(inspection.epsilon, 'model'):.3f}"
    levels = f"{from_pixel(inspection.epsilon, '255'):.1f}/255"
    first, second = (levels, model) if unit == "255" else (model, levels)
    return f"Perturbed, {inspection.attack.title}, epsilon {first} ({second}), {inspection.threat}"
