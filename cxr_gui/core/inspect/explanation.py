"""Where a classifier looks: which parts of one image speak for its decision.

An explanation is of the model, not of the disease: it says what the logit depends on, which may be a letter
on the film as well as a lung. All methods explain the decision's own logit: z where the image is decided
to be positive, -z where it is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cxr_gui.core.attacks import check_logits, device_of, logits_of, threshold_logit
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.progress import Work
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.inspect.methods import METHODS


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one image's decision rests on.

    values    float32 [H, W], of the image's size, in logits: for the decision where positive; against it
              where negative, which only those of a signed method are
    decision  the class that is spoken for                     logit  the classifier's own, of this image
    layer     Grad-CAM: the feature map that was read, by its name in the network
    total     integrated gradients: the decision's logit of the image less that of a black one, to which the
              values add up
    """

    method: str
    values: NDArray[np.float32]
    decision: str
    logit: float
    layer: str = ""
    total: float = math.nan

    @property
    def signed(self) -> bool:
        """Whether a value can speak against the decision."""
        return METHODS[self.method].signed


@dataclass(frozen=True, eq=False)
class Subject:
    """The decision that a method explains.

    pixels  [1, 1 or 3, H, W] as the classifier takes them     logit  the classifier's, of them
    """

    method: str
    classifier: nn.Module
    pixels: Tensor
    logit: float

    @property
    def positive(self) -> bool:
        return self.logit >= threshold_logit(self.classifier)

    @property
    def sign(self) -> int:
        """Of the classifier's logit in the decision's own."""
        return 1 if self.positive else -1

    def explained(self, values: Tensor, *, layer: str = "", total: float = math.nan) -> Explanation:
        """The explanation by values [1, 1, H, W]."""
        classes: tuple[str, str] = getattr(self.classifier, "classes", CLASSES)
        array: NDArray[np.float32] = values[0, 0].float().cpu().numpy()
        return Explanation(self.method, array, classes[self.positive], self.logit, layer, total)


def explain(classifier: nn.Module, image: NDArray[np.float32], method: str) -> Work[Explanation]:
    """Explain the decision on `image`, float [H, W] or [H, W, 3] in 0..1, by one of METHODS.

    The classifier's modes, flags, gradients and hooks stay as they are. Raises ArgumentError for an unknown
    method, an image of another shape, or a classifier that the method cannot read.
    """
    if method not in METHODS:
        raise ArgumentError(f"is {method!r}.", where="method", hint=f"Accepted: {', '.join(METHODS)}.")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ArgumentError(
            f"has shape {list(image.shape)}.", where="image", hint="Accepted: [H, W] or [H, W, 3]."
        )
    channels = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    weight = next((weight for weight in classifier.parameters() if weight.is_floating_point()), None)
    pixels = torch.from_numpy(np.ascontiguousarray(channels))[None].to(
        device_of(classifier) or "cpu", torch.float32 if weight is None else weight.dtype
    )
    logit = float(check_logits(logits_of(classifier, pixels)))
    return (yield from METHODS[method].explain(Subject(method, classifier, pixels, logit)))
