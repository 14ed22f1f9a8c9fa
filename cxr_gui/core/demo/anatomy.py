"""A patient's thorax as depths of tissue along the beam.

Every function takes a `Frame` and a `Patient` and returns a field: 1 is the soft tissue of a whole chest.
Image right is the patient's left, as a radiograph is hung. The rib cage is a stack of tilted hoops, high
behind and low in front, so posterior and anterior arcs, and the bright end-on cortex where they meet,
come from one formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_gui.core.demo import vessels
from cxr_gui.core.demo.fields import Field, Frame, clouds, ellipse, spot, step, tube, union

APEX = 0.10
"""Height of the lung apices; the domes of the diaphragm lie near 0.8."""


@dataclass(frozen=True)
class Patient:
    """What stays the same from film to film. Lengths are in film heights, depths in chest depths."""

    chest: float  # half-width of the rib cage at its widest
    taper: float  # how soon the cage widens below the apex: small is a bell, large a barrel
    fat: float  # soft tissue outside the ribs
    heart: float  # size of the heart, 1 is usual
    heart_turn: float
    pedicle: float  # half-width of the upper mediastinum
    knob: float  # radius of the aortic knob
    rib_pitch: float
    rib_droop: float  # half the height between a rib's back and front end
    rib_width: float  # share of the pitch
    rib_depth: float
    spine_depth: float
    scoliosis: float
    shoulders: float  # height of the shoulder line
    arms_raised: bool
    markings: float  # prominence of the lung vessels
    stomach_bubble: bool
    lobar: bool  # a pneumonia would fill one lobe, as bacteria do, not patches, as viruses do
    seed: int  # of the vessels and the lung's texture

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Patient:
        def about(usual: float, spread: float) -> float:
            return usual + spread * float(np.clip(rng.standard_normal(), -2, 2))

        return cls(
            chest=about(0.455, 0.022),
            taper=about(2.5, 0.45),
            fat=about(0.06, 0.016),
            heart=about(1.08, 0.08),
            heart_turn=about(0.66, 0.08),
            pedicle=about(0.085, 0.010),
            knob=about(0.036, 0.006),
            rib_pitch=about(0.076, 0.004),
            rib_droop=about(0.12, 0.015),
            rib_width=about(0.40, 0.04),
            rib_depth=about(0.12, 0.02),
            spine_depth=about(0.19, 0.03),
            scoliosis=about(0.0, 0.006),
            shoulders=about(0.06, 0.02),
            arms_raised=bool(rng.random() < 0.35),
            markings=about(1.0, 0.22),
            stomach_bubble=bool(rng.random() < 0.4),
            lobar=bool(rng.random() < 0.5),
            seed=int(rng.integers(2**31)),
        )


def cage(frame: Frame, patient: Patient) -> Field:
    """Half-width of the rib cage at each height [H, 1]."""
    t = np.clip((frame.y - (APEX - 0.03)) / 0.7, 0, 1)
    half_width: Field = patient.chest * np.sqrt(1 - (1 - t) ** patient.taper) + 1e-3
    return half_width


def hoop(frame: Frame, half_width: Field) -> Field:
    """How deep the front and back of the cage lie from its middle: 1 at the midline, 0 at the side."""
    u = frame.x / half_width
    return np.sqrt(np.clip(1 - u * u, 0, 1))


def soft_tissue(frame: Frame, patient: Patient) -> Field:
    """Trunk, neck, shoulders and arms."""
    y, distance = frame.y, np.abs(frame.x)
    widths = np.array((0.6, 0.8, 0.95, 1.0, 1.04)) * patient.chest + patient.fat
    trunk = np.interp(y, (-0.1, APEX, 0.3, 0.6, 1.2), widths).astype(np.float32)
    u = distance / trunk
    depth: Field = np.sqrt(np.clip(1 - u * u, 0, 1)) * step(y - patient.shoulders, 0.12)
    neck = np.sqrt(np.clip(1 - (frame.x / 0.16) ** 2, 0, 1)) * (0.75 * step(0.35 - y, 0.2))
    slope = y - (patient.shoulders - 0.05) - 0.5 * np.clip(distance - 0.12, 0, 1) ** 2
    outside = distance - trunk
    armpit = (0.24 if patient.arms_raised else 0.36) + 0.9 * outside - y
    limbs = step(slope, 0.05) * step(armpit, 0.10) * 0.55
    if not patient.arms_raised:
        arm = outside - 0.05 - 0.10 * np.clip(y - 0.3, 0, 1)
        limbs = np.maximum(limbs, step(arm, 0.02) * (step(y - 0.2, 0.1) * 0.45))
    np.maximum(depth, neck, out=depth)
    return np.maximum(depth, limbs, out=depth)


def lungs(frame: Frame, patient: Patient, inspiration: float) -> Field:
    """Depth of air, 0..1, as if there were no heart; `inspiration` lowers the diaphragm, in film heights."""
    width = cage(frame, patient) * 0.965
    reach = np.abs(frame.x) / patient.chest - 0.46
    dome = np.where(frame.x > 0, 0.822, 0.79).astype(np.float32) + inspiration
    fall = np.clip(reach, 0, 1) ** 2 * 0.42 + np.clip(-reach, 0, 1) ** 2 * 0.05
    above = dome + fall - frame.y
    air = hoop(frame, width) * step(above, 0.006)
    return air * (1 - 0.35 * step(0.03 - above, 0.08))


def heart(frame: Frame, patient: Patient, inspiration: float) -> Field:
    """Share of the air's place that heart and great vessels take, 0..1. The heart rides on the diaphragm."""
    size, pedicle = patient.heart, patient.pedicle
    total = frame.blank()
    window, near = frame.crop(-0.3, 0.4, -0.2, 1.2)
    solid = pedicle + 0.12 * np.clip(0.22 - near.y, -0.3, 0.1) - np.abs(near.x)
    for centre, radii, turn in (
        ((pedicle - 0.006, 0.35), (patient.knob, patient.knob * 1.2), 0.0),  # aortic knob
        ((0.062, 0.47), (0.058, 0.08), -0.35),  # pulmonary trunk
        ((-0.045, 0.66 + inspiration), (0.105 * size, 0.15 * size), 0.12),  # right side of the heart
        ((0.085 * size, 0.68 + inspiration), (0.205 * size, 0.15 * size), patient.heart_turn),  # left
    ):
        solid = union(solid, ellipse(near, centre, radii, turn), 0.045)
    total[window] = step(solid, 0.011)
    return total


def airway(frame: Frame) -> Field:
    """Trachea and main bronchi: air over the mediastinum."""
    total = frame.blank()
    carina = 0.40
    window, near = frame.crop(-1, 1, -0.2, carina + 0.02)
    u = (near.x + 0.004) / 0.027
    total[window] = np.sqrt(np.clip(1 - u * u, 0, 1)) * step(carina - near.y, 0.02)
    window, near = frame.crop(-1, 1, carina - 0.01, carina + 0.1)
    below = near.y - carina
    spread = np.where(near.x > 0, 1.25, 0.8).astype(np.float32) * below + 0.012
    u = (np.abs(near.x) - spread) / 0.017
    total[window] += np.clip(1 - u * u, 0, 1) * (0.6 * step(below, 0.01) * step(0.07 - below, 0.03))
    return total


def ribs(frame: Frame, patient: Patient) -> Field:
    """Posterior and anterior arcs of the ribs."""
    width = cage(frame, patient)
    depth = hoop(frame, width)
    share = np.abs(frame.x) / width
    total = frame.blank()
    for behind, strength, count in ((1, 1.0, 11.0), (-1, 0.55, 8.5)):
        fall = patient.rib_droop * (1 - behind * depth)
        number = (frame.y - (APEX - 0.015) - fall) / patient.rib_pitch
        bone = tube(number - np.floor(number) - 0.5, patient.rib_width / 2, wall=0.28)
        bone *= np.clip(number * 5, 0, strength)
        bone *= np.clip((count - number) * 2, 0, 1)
        if behind < 0:  # in front the ribs end in cartilage, which hardly shows
            bone *= np.clip((share - 0.36) * 6, 0, 1)
        total += bone
    end_on = patient.rib_depth / np.maximum(depth, 0.4)
    return total * end_on * np.clip((width - np.abs(frame.x)) * 120, 0, 1)


def spine(frame: Frame, patient: Patient) -> Field:
    """Vertebral bodies with their end plates, pedicles, spinous and transverse processes."""
    total = frame.blank()
    window, near = frame.crop(-0.11, 0.11, -0.2, 1.2)
    y = near.y
    x = np.abs(near.x - patient.scoliosis * np.sin(y * 6))
    phase = y / (patient.rib_pitch * 0.93)
    phase = phase - np.floor(phase) - 0.5
    half = 0.034 + 0.014 * y
    waist = half * (1 + 0.5 * phase * phase)
    disc = step(np.abs(phase) - 0.40, 0.06)
    plate = np.clip(1 - ((np.abs(phase) - 0.36) / 0.06) ** 2, 0, 1)
    rim = np.clip(1 - ((x - waist) / 0.008) ** 2, 0, 1)
    pedicle = ((x - half * 0.62) / 0.0085) ** 2 + ((phase + 0.12) * 5) ** 2
    spinous = (x / 0.007) ** 2 + ((phase - 0.15) * 4) ** 2
    detail = 0.45 * np.clip(1 - pedicle, 0, 1) + 0.5 * np.clip(1 - spinous, 0, 1)
    body = step(waist - x, 0.010) * (1 - 0.42 * disc + 0.22 * plate + 0.2 * rim + detail)
    transverse = step(half * 1.9 - x, 0.01) * np.clip(1 - ((phase + 0.15) * 6) ** 2, 0, 1)
    total[window] = (body + 0.25 * transverse) * patient.spine_depth
    return total


def girdle(frame: Frame, patient: Patient) -> Field:
    """Clavicles, shoulder blades and the upper arms."""
    total = frame.blank()
    window, near = frame.crop(-1, 1, -0.05, 0.35)
    distance = np.abs(near.x)
    t = distance / 0.44
    rise = 0.14 if patient.arms_raised else 0.09
    axis = (APEX + 0.10) - rise * t - 0.014 * np.sin(t * (2 * np.pi))
    radius = 0.013 + 0.006 * (2 * t - 1) ** 2
    ends = np.clip((distance - 0.035) * 60, 0, 1) * np.clip((1 - t) * 20, 0, 1.2)
    total[window] = tube(near.y - axis, radius, wall=0.35) * ends
    reach = patient.chest + (0.10 if patient.arms_raised else 0.055)
    tilt = 0.28 if patient.arms_raised else 0.10
    lean = 0.5 if patient.arms_raised else -0.12
    for side in (-1, 1):
        centre = (side * (reach - 0.01), APEX + 0.16)
        total += spot(frame, centre, (0.055, 0.155), side * tilt, 0.012) * 0.5
        total -= spot(frame, centre, (0.045, 0.145), side * tilt, 0.012) * 0.25
        joint = (reach + 0.085, APEX + 0.035)
        head = spot(frame, (side * joint[0], joint[1]), (0.05, 0.052), 0.0, 0.012)
        end = -0.3 if patient.arms_raised else 1.3
        window, near = frame.crop(-1, 1, min(joint[1], end), max(joint[1], end))
        shaft = near.x * side - joint[0] + lean * (near.y - joint[1])
        head[window] = np.maximum(head[window], tube(shaft, 0.03, wall=0.35))
        total += head * 0.8
    return total * (patient.rib_depth * 1.1)


def markings(frame: Frame, patient: Patient) -> tuple[Field, Field]:
    """(what the lung shows of itself: vessels, the haze of the hila, fine texture; the vessels alone)."""
    rng = np.random.default_rng(patient.seed)
    tree = vessels.draw(frame, vessels.grow(rng))
    haze = frame.blank()
    for side, x, y in vessels.HILA:
        haze += spot(frame, (x + side * 0.02, y), (0.05, 0.09), -side * 0.2, 0.045)
    texture = clouds(rng, frame.size, 24, 3)
    shown = tree * 2.4 + haze * 0.05 + texture * 0.02
    return shown * patient.markings, tree
