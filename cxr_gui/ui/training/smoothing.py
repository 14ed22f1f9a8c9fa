"""The running mean of a curve, for a million points at once or a few at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 64


def running_mean(
    values: NDArray[np.float64], weight: float, mean: float = 0.0, start: int = 0
) -> NDArray[np.float64]:
    """Exponential running mean m_i = weight m_(i-1) + (1 - weight) v_i, corrected for its start.

    The correction is Adam's (Kingma and Ba, 2015, section 3): m_i / (1 - weight^i). `start` values came
    before, and `mean` is their corrected mean. A block of values is one product with a triangular matrix, so
    that no Python runs per value.
    """
    count = len(values)
    blocks = np.zeros((-(-count // BLOCK), BLOCK))
    blocks.ravel()[:count] = values
    lag = np.subtract.outer(np.arange(BLOCK), np.arange(BLOCK))
    means = blocks @ np.where(lag >= 0, (1 - weight) * weight ** np.maximum(lag, 0), 0.0).T
    fade = weight ** np.arange(1, BLOCK + 1)
    before = np.empty(len(blocks))
    last = mean * (1 - weight**start)
    for number, end in enumerate(means[:, -1].tolist()):
        before[number] = last
        last = end + fade[-1] * last
    means += before[:, None] * fade
    corrected: NDArray[np.float64] = means.ravel()[:count] / (
        1 - weight ** np.arange(start + 1, start + count + 1)
    )
    return corrected
