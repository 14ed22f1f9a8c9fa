"""Pneumonia: air spaces filled, in a lobe or in patches, from barely there to obvious."""

from __future__ import annotations

import numpy as np

from cxr_gui.core.demo.anatomy import Patient
from cxr_gui.core.demo.fields import Field, Frame, clouds, ellipse, step

SEVERITY = (0.22, 0.85)
"""How much of the air is gone where the disease is densest, from subtle to obvious."""


def consolidation(rng: np.random.Generator, frame: Frame, patient: Patient, vessels: Field) -> Field:
    """Share of the air that is replaced by fluid, 0..1.

    A cloud of noise swells where the disease sits, so its border is fluffy; the bronchi that run beside
    the `vessels` stay open in it (the air bronchogram).
    """
    severity = rng.uniform(*SEVERITY)
    reach = np.full(frame.size, -1, np.float32)
    for _ in range(1 if patient.lobar else int(rng.integers(2, 6))):
        centre = (float(rng.choice((-1, 1))) * rng.uniform(0.14, 0.34), rng.uniform(0.28, 0.74))
        radius = rng.uniform(0.12, 0.19) if patient.lobar else rng.uniform(0.05, 0.10)
        radii = (radius, radius * rng.uniform(0.8, 1.4))
        window, near = frame.crop_around(centre, 2 * max(radii))  # beyond, `reach` is below -1
        inside = ellipse(near, centre, radii, rng.uniform(-0.6, 0.6)) / min(radii)
        np.maximum(reach[window], inside, out=reach[window])
    cloud = clouds(rng, frame.size, 9, 4)
    fluffy = step(reach + 0.35 * cloud - 0.2, 0.8) * step(reach + 0.6, 0.6)
    open_bronchi = 1 - np.clip(vessels * 14, 0, 0.4)
    filled: Field = fluffy * (1 + 0.18 * cloud) * open_bronchi * severity
    return np.clip(filled, 0, 0.95, out=filled)
