"""From depths of tissue to a film: beam, exposure, noise, marker and collimation."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from cxr_gui.core.demo import anatomy
from cxr_gui.core.demo.fields import Field, Frame, clouds, spot
from cxr_gui.core.demo.pneumonia import consolidation

SIZE = (256, 320)
AIR = 0.62  # how much of a chest's depth the air of a full lung replaces

LETTER_R = np.array([[1, 1, 1, 1, 0], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 0],
                     [1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1]], np.float32)  # fmt: skip


def draw_patient(seed: int, index: int) -> anatomy.Patient:
    """The patient with this number in the series `seed`."""
    return anatomy.Patient.draw(np.random.default_rng((seed, index, 0)))


def radiograph(
    seed: int, index: int, *, positive: bool, size: tuple[int, int] = SIZE, view: int = 0
) -> Field:
    """A synthetic frontal chest radiograph, float32 [H, W] in 0..1, the same for the same arguments.

    index   the patient; view  which of that patient's films (same anatomy, another position and exposure)
    Healthy and ill films of one patient and view differ in the pneumonia alone.
    """
    patient = draw_patient(seed, index)
    position, grain, disease = (np.random.default_rng((seed, index, view + 1, k)) for k in range(3))
    frame = Frame.place(
        size,
        centre=position.normal(0, 0.012),
        top=position.normal(-0.02, 0.018),
        scale=position.normal(1.0, 0.035),
        lean=position.normal(0, 0.02),
    )
    depth = _tissue(frame, patient, position, disease if positive else None)
    return _expose(depth, position, grain)


def _tissue(
    frame: Frame, patient: anatomy.Patient, position: np.random.Generator, disease: np.random.Generator | None
) -> Field:
    """Depth of tissue along the beam, in soft-tissue chest depths."""
    inspiration = float(np.clip(position.normal(0, 0.022), -0.05, 0.04))
    air = anatomy.lungs(frame, patient, inspiration)
    air *= 1 - anatomy.heart(frame, patient, inspiration) * 0.85
    markings, vessels = anatomy.markings(frame, patient)
    lung = np.clip(air * 1.8, 0, 1)
    if disease is not None:
        filled = consolidation(disease, frame, patient, vessels)
        air, lung = air * (1 - filled), lung * (1 - filled)
    depth = anatomy.soft_tissue(frame, patient)
    depth *= 1 + clouds(position, frame.size, 4, 2) * 0.03
    solid: Field = depth - AIR * air - 0.10 * anatomy.airway(frame)
    if patient.stomach_bubble:
        solid -= spot(frame, (0.2, 0.925), (0.085, 0.045), 0.2, 0.02) * 0.15
    bone = anatomy.ribs(frame, patient) + anatomy.spine(frame, patient) + anatomy.girdle(frame, patient)
    np.clip(solid, 0, None, out=solid)
    solid += (bone + markings * lung) * np.clip(depth * 4, 0, 1)
    return solid


def _expose(depth: Field, position: np.random.Generator, grain: np.random.Generator) -> Field:
    """The film: a tone curve of the depth, uneven exposure, quantum noise, marker and collimation."""
    depth = depth + clouds(position, depth.shape, 2) * 0.02
    contrast, centre = position.normal(4.6, 0.5), position.normal(0.56, 0.035)
    grey: Field = 1 / (1 + np.exp(contrast * (centre - depth)))
    grey -= 1 / (1 + math.exp(contrast * centre)) - 0.02
    grey *= position.uniform(0.93, 1.08)
    noise = ndimage.gaussian_filter(grain.standard_normal(depth.shape, dtype=np.float32), 0.6, truncate=2.5)
    grey += noise * np.sqrt(np.clip(grey, 0.02, 1)) * position.uniform(0.025, 0.05)
    if position.random() < 0.7:
        _mark(grey, position)
    if position.random() < 0.35:
        _collimate(grey, position)
    return np.clip(grey, 0, 1, out=grey)


def _mark(grey: Field, rng: np.random.Generator) -> None:
    """Lay a lead R beside the patient's right side."""
    zoom = int(rng.integers(1, 4)) * max(grey.shape[0] // 256, 1)
    letter = np.kron(LETTER_R, np.ones((zoom, zoom), np.float32))
    top = int(rng.uniform(0.03, 0.45) * grey.shape[0])
    left = int(rng.uniform(0.01, 0.06) * grey.shape[1])
    under = grey[top : top + letter.shape[0], left : left + letter.shape[1]]
    np.maximum(under, letter[: under.shape[0], : under.shape[1]] * 0.95, out=under)


def _collimate(grey: Field, rng: np.random.Generator) -> None:
    """Darken what the collimator's blades keep from the beam."""
    height, width = grey.shape
    blades = (rng.uniform(-0.02, 0.035, 4) * (height, height, width, width)).astype(int)
    top, bottom, left, right = np.maximum(blades, 0)
    grey[:top] *= 0.1
    grey[height - bottom :] *= 0.1
    grey[:, :left] *= 0.1
    grey[:, width - right :] *= 0.1
