"""One radiograph under attack: what the window and the command line show of it."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from cxr_gui.core.attacks import (
    Attack,
    Batch,
    LinfBall,
    Noise,
    SingleStep,
    as_threat,
    check_epsilon,
    check_logits,
    check_threat,
    device_of,
    logits_of,
    move,
    threshold_logit,
)
from cxr_gui.core.base.decisions import probability, wrong
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.progress import run
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.images import Source
from cxr_gui.core.inspect.handling import handled
from cxr_gui.core.models import population_sentence
from cxr_gui.core.shifts import AS_IT_IS, Handling
from cxr_gui.core.sweep import critical_epsilons

Pixels = NDArray[np.float32]
"""[H, W] under the grey threat model, [H, W, 3] under rgb."""

CURVE_BATCH = 8
LARGEST_EPSILON = 0.125
"""How far `Inspector.critical` looks unless told otherwise: 0.25 in model units, 32/255."""


@dataclass(frozen=True, eq=False)
class Inspection:
    """One radiograph at one epsilon.

    clean       float32 [H, W], 0..1           perturbed, difference  Pixels; difference = perturbed - clean
    label       what is attacked: the true class, or the decision on the film as read where not `known`
    state       "already wrong" without any attack; "no gradient": the attack has nowhere to go; "flipped" or
                "resisted"
    probability, noise_probability   of the positive class: perturbed, and under random noise of this epsilon
    linf, l2    norms of the difference, pixel units      changed  share of pixels that differ at all
    psnr, ssim  of perturbed against clean; psnr is inf where they are the same, ssim is of the channels' mean
    handling    what befell the film before the attack: `clean` is the film so handled
    read_logit  of the film as read: `clean_logit` where nothing befell it
    source      where the radiograph came from, None where nobody said
    population  a sentence on whose films the classifier learned from; empty where that is not known
    """

    clean: Pixels
    perturbed: Pixels
    difference: Pixels
    epsilon: float
    attack: Attack
    threat: str
    classes: tuple[str, str]
    threshold_logit: float
    label: int
    known: bool
    state: str
    clean_logit: float
    logit: float
    noise_logit: float
    linf: float
    l2: float
    psnr: float
    ssim: float
    changed: float
    handling: Handling
    read_logit: float
    source: Source | None = None
    population: str = ""

    @property
    def in_linf(self) -> bool:
        """Whether the attack moves in the L-infinity ball, which proofs are about."""
        return self.attack.norm is LinfBall

    @property
    def stopped(self) -> bool:
        """Whether the attack stopped at the first wrong decision, with steps, and often epsilon, to spare."""
        return self.state == "flipped" and self.attack.early_stop

    @property
    def clean_probability(self) -> float:
        return probability(self.clean_logit)

    @property
    def probability(self) -> float:
        return probability(self.logit)

    @property
    def noise_probability(self) -> float:
        return probability(self.noise_logit)

    @property
    def read_probability(self) -> float:
        return probability(self.read_logit)

    @property
    def read_decision(self) -> str:
        """The class the film as read is decided to be."""
        return self.classes[self.read_logit >= self.threshold_logit]

    @property
    def flipped_unattacked(self) -> bool:
        """Whether the way the film was handled flips the decision by itself."""
        right = not wrong(self.read_logit, self.label, self.threshold_logit)
        return self.state == "already wrong" and right

    @property
    def clean_decision(self) -> str:
        """The class the clean image is decided to be."""
        return self.classes[self.clean_logit >= self.threshold_logit]

    @property
    def decision(self) -> str:
        """The class the perturbed image is decided to be."""
        return self.classes[self.logit >= self.threshold_logit]

    @property
    def which(self) -> str:
        """ "frame 3 of 12, gamma 1.12"; nothing of the only frame of a film that is as it was read."""
        frame = "" if self.source is None else self.source.which
        return ", ".join(filter(None, [frame, self.handling.words if self.handling != AS_IT_IS else ""]))

    def sentence(self, unit: str = "model") -> str:
        """The verdict in words: "PNEUMONIA 97.3 % -> NORMAL 88.1 %: flipped at epsilon 0.011 (1.4/255)".

        unit  of epsilon, that comes first

        Where the label is unknown it says so, and what was attacked in its place; of an attack that stops
        early, that it did. Of a file of several frames it begins with which one this is, of a film that was
        handled with how.
        """
        which = f"{self.which.capitalize()}: " if self.which else ""
        before = _said(self.clean_decision, self.clean_probability, self.classes)
        after = _said(self.decision, self.probability, self.classes)
        at = f"at epsilon {describe_epsilon(self.epsilon, unit)}"
        read = _said(self.read_decision, self.read_probability, self.classes)
        verdict = {
            "already wrong": f"flipped without an attack, as read it is {read}"
            if self.flipped_unattacked
            else f"already wrong without attack, the label is {self.classes[self.label]}",
            "no gradient": f"the gradient is zero everywhere, {self.attack.title} has nowhere to go",
            "flipped": f"flipped {at}",
            "resisted": f"resisted {at}",
        }[self.state]
        if self.stopped:
            verdict += f", {self.attack.title} stopped at the first wrong decision"
        decision = "clean decision" if self.handling == AS_IT_IS else "decision on the film as read"
        unknown = "" if self.known else f"; label unknown, the {decision} was attacked"
        return f"{which}{before} -> {after}: {verdict}{unknown}"


class Inspector:
    """Attacks one radiograph at any epsilon; what does not depend on epsilon is worked out once.

    classifier  stays where it is, as it is
    pixels      uint8 [H, W] of the classifier's input size, as `images.to_input` gives them
    attack      takes its whole budget: a film that is looked at is to be as wrong as it can be made
    label       0 or 1; None attacks the classifier's own decision on the film as read
    source      where the pixels came from, for the verdict to say
    early_stop  lets the attack stop at the first wrong decision, if it is set to; some always do
    Raises ArgumentError for arguments that are not accepted; it and its methods raise AnswerError, naming the
    file, when a logit is not finite.
    """

    def __init__(
        self,
        classifier: nn.Module,
        pixels: NDArray[np.uint8],
        attack: Attack,
        threat: str = "rgb",
        label: int | None = None,
        source: Source | None = None,
        *,
        early_stop: bool = False,
    ) -> None:
        if pixels.dtype != np.uint8 or pixels.ndim != 2:
            raise ArgumentError(
                f"is {pixels.dtype} {list(pixels.shape)}.", where="pixels", hint="Accepted: uint8 [H, W]."
            )
        if label not in (None, 0, 1):
            raise ArgumentError(f"is {label!r}.", where="label", hint="Accepted: 0, 1 or None.")
        self.attack = attack if early_stop else whole_budget(attack)
        self.threat, self.known = check_threat(threat), label is not None
        self._classifier, self._source = classifier, source
        self._threshold = threshold_logit(classifier)
        self._read = torch.from_numpy(pixels.astype(np.float32) / 255)[None, None]
        as_read = as_threat(self._read.to(device_of(classifier) or "cpu"), threat)
        self._noise = Noise().signs(Batch(as_read, torch.zeros(1, dtype=torch.int64), [0]))
        if label is None:
            label = int(self._checked(logits_of(classifier, as_read)) >= self._threshold)
        self.label = label
        self._handle(AS_IT_IS)
        self._read_logit = self.clean_logit

    def handled(self, handling: Handling) -> Inspector:
        """What attacks the same radiograph after it was handled so, still for the label of the film as read.
        Raises AnswerError as it does.
        """
        other = copy.copy(self)
        other._handle(handling)
        return other

    def _handle(self, handling: Handling) -> None:
        """Let the film suffer it, and take the gradient of what it is then."""
        self.handling = handling
        grey = handled(self._read, [handling])
        self._clean: NDArray[np.float32] = grey[0, 0].numpy()
        image = as_threat(grey.to(self._noise.device), self.threat)
        self._batch = Batch(image, torch.tensor([self.label], device=image.device), [0])
        self._direction: Tensor | None = None
        if isinstance(self.attack, SingleStep):
            clean, self._direction = self.attack.checked_direction(self._classifier, self._batch)
        else:
            clean = logits_of(self._classifier, image)
        self.clean_logit = float(self._checked(clean))

    def at(self, epsilon: float) -> Inspection:
        """The radiograph at one epsilon, pixel units: one forward, on the attacked and on the noisy image."""
        epsilon = float(check_epsilon(epsilon, self._batch.pixels))
        attacked = self._attacked(epsilon)
        noisy = move(self._batch.pixels, self._noise, epsilon)
        logit, noise_logit = self._checked(logits_of(self._classifier, torch.cat([attacked, noisy]))).tolist()
        perturbed = _image(attacked)
        clean = self._clean if perturbed.ndim == 2 else self._clean[..., None]
        difference = perturbed - clean
        # Not np.linalg.norm: BLAS would wake threads of its own, which get in the way of the next forward.
        energy = float(np.square(difference, dtype=np.float64).sum())
        card = getattr(self._classifier, "card", None)
        return Inspection(
            clean=self._clean,
            perturbed=perturbed,
            difference=difference,
            epsilon=epsilon,
            attack=self.attack,
            threat=self.threat,
            classes=getattr(self._classifier, "classes", CLASSES),
            threshold_logit=self._threshold,
            label=self.label,
            known=self.known,
            state=self._state(logit),
            clean_logit=self.clean_logit,
            logit=logit,
            noise_logit=noise_logit,
            linf=float(np.abs(difference).max()),
            l2=math.sqrt(energy),
            psnr=_psnr(energy / difference.size),
            ssim=_ssim(self._clean, perturbed if perturbed.ndim == 2 else perturbed.mean(axis=2)),
            changed=float((difference != 0).mean()),
            handling=self.handling,
            read_logit=self._read_logit,
            source=self._source,
            population=population_sentence(card.data) if card is not None else "",
        )

    def curve(self, epsilons: Sequence[float]) -> NDArray[np.float32]:
        """The logit [K] at each epsilon, pixel units; a few at a time."""
        logits: list[float] = []
        for start in range(0, len(epsilons), CURVE_BATCH):
            some = [self._attacked(float(epsilon)) for epsilon in epsilons[start : start + CURVE_BATCH]]
            logits += self._checked(logits_of(self._classifier, torch.cat(some))).tolist()
        return np.array(logits, np.float32)

    def critical(self, largest: float = LARGEST_EPSILON, steps: int = 24) -> float:
        """The smallest epsilon, pixel units, that flips the decision.

        Looks at `steps` epsilons up to `largest`, then inside the first crossing. 0 when it is wrong at once,
        inf when nothing up to `largest` flips it.
        """
        grid = np.linspace(0, largest, steps + 1)
        logits = np.append(np.float64(self.clean_logit), self.curve(grid[1:].tolist()))
        work = critical_epsilons(
            lambda _, epsilons: torch.from_numpy(self.curve(epsilons.tolist())),
            torch.tensor([self.label]),
            torch.from_numpy(grid),
            torch.from_numpy(logits[:, None]),
            self._threshold,
        )
        return float(run(work)[0])

    def _checked(self, logits: Tensor) -> Tensor:
        return check_logits(logits, None if self._source is None else self._source.path)

    def _attacked(self, epsilon: float) -> Tensor:
        if self._direction is not None:
            return move(self._batch.pixels, self._direction, epsilon)
        found = self.attack.run(self._classifier, self._batch, epsilon)
        return self.attack.inside(found, self._batch, epsilon)

    def _state(self, logit: float) -> str:
        if wrong(self.clean_logit, self.label, self._threshold):
            return "already wrong"
        if self._direction is not None and not self._direction.any():
            return "no gradient"
        return "flipped" if wrong(logit, self.label, self._threshold) else "resisted"


def whole_budget(attack: Attack) -> Attack:
    """The attack without a stop at the first wrong decision, where it can do without."""
    changes = {"early_stop": False} if "early_stop" in attack.parameters() else {}
    return replace(attack, **changes)


def _image(pixels: Tensor) -> Pixels:
    """[1, 1 or 3, H, W] -> [H, W] or [H, W, 3]."""
    image: Pixels = pixels[0].float().cpu().numpy()
    return image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))


def _said(decision: str, positive: float, classes: tuple[str, str]) -> str:
    share = positive if decision == classes[1] else 1 - positive
    return f"{decision} {100 * share:.1f} %"


def _psnr(error: float) -> float:
    """Peak signal-to-noise ratio in dB, from the mean square error of pixels 0..1."""
    return -10 * math.log10(error) if error else math.inf


def _ssim(clean: Pixels, perturbed: Pixels) -> float:
    """Structural similarity of pixels 0..1, with the Gaussian window of Wang et al. (2004), sigma 1.5."""

    def blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
        blurred: NDArray[np.float64] = gaussian_filter(image, 1.5, truncate=3.5)
        return blurred

    x, y = clean.astype(np.float64), perturbed.astype(np.float64)
    mean_x, mean_y = blur(x), blur(y)
    variance_x, variance_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    )
    return float(similarity.mean())
