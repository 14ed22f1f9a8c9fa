"""From a logit to a probability and a decision. For numbers, arrays and tensors alike; imports no torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor


@overload
def probability(logit: float) -> float: ...
@overload
def probability(logit: NDArray[np.floating]) -> NDArray[np.float64]: ...
def probability(logit: Any) -> Any:
    """P(positive) of logits, their sigmoid in float64; no logit is too large for it."""
    if isinstance(logit, np.ndarray):
        return 0.5 * (1 + np.tanh(0.5 * logit.astype(np.float64)))
    return 0.5 * (1 + math.tanh(0.5 * logit))


@overload
def margin(logits: Tensor, labels: Tensor, threshold: float) -> Tensor: ...
@overload
def margin(
    logits: NDArray[np.floating], labels: NDArray[np.integer], threshold: float
) -> NDArray[np.floating]: ...
def margin(logits: Any, labels: Any, threshold: float) -> Any:
    """How far each logit is on the wrong side of the threshold: positive when wrong, negative when right."""
    return (1 - 2 * labels) * (logits - threshold)


@overload
def wrong(logits: Tensor, labels: Tensor, threshold: float) -> Tensor: ...
@overload
def wrong(
    logits: NDArray[np.floating], labels: NDArray[np.integer], threshold: float
) -> NDArray[np.bool_]: ...
@overload
def wrong(logits: float, labels: int, threshold: float) -> bool: ...
def wrong(logits: Any, labels: Any, threshold: float) -> Any:
    """Whether the decision, positive from the threshold on, is not the label 0 or 1; logits [..., N]."""
    return (logits >= threshold) != (labels == 1)
