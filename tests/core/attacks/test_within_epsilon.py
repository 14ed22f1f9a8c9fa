"""An attack that leaves its ball, 0..1 or its shape is refused, wherever it is called from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks.ball import Epsilon
from cxr_gui.core.attacks.fast_gradient import FGSM
from cxr_gui.core.attacks.protocol import Attack, Batch
from cxr_gui.core.base.errors import AttackError
from cxr_gui.core.base.progress import run
from cxr_gui.core.sweep.batch_sweep import make_plan, sweep_batch
from tests.support.victims import SIDE, cnn, radiographs


@dataclass(frozen=True)
class Astray(Attack):
    """Returns what it is told to: something that no attack may."""

    name: ClassVar[str] = "astray"
    title: ClassVar[str] = "Astray"
    summary: ClassVar[str] = "Out of the ball"
    made: ClassVar[Callable[[Tensor], Tensor]]

    def run(self, classifier: nn.Module, batch: Batch, epsilon: Epsilon) -> Tensor:
        return type(self).made(batch.pixels)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            lambda pixels: (pixels + 0.02).clamp(0, 1),
            "attack 'astray': went 2 times as far as epsilon allows",
        ),
        (lambda pixels: pixels + 0.009 * (pixels == pixels.amax()), "'astray': left the grey values 0..1"),
        (lambda pixels: pixels[:, 0], rf"'astray': returned \[3, {SIDE}, {SIDE}\] for pixels \[3, 1, "),
    ],
    ids=["too far", "beyond white", "another shape"],
)
def test_what_is_not_within_epsilon_is_refused_and_not_counted(
    made: Callable[[Tensor], Tensor], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Astray, "made", staticmethod(made), raising=False)
    pixels, labels = radiographs(3, channels=1), torch.tensor([0, 1, 1])
    with pytest.raises(AttackError, match=told):
        Astray()(cnn(), pixels, labels, 0.01)
    batch = Batch(pixels, labels, range(3))
    with pytest.raises(AttackError, match=told):
        run(Astray().attacked(cnn(), batch, 0.01))


def test_a_direction_is_of_size_one_and_comes_with_the_logits() -> None:
    class TwiceAsFar(FGSM):
        def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
            logits, direction = super().direction(classifier, batch)
            return logits, 2 * direction

    class Single(FGSM):
        def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
            return super().direction(classifier, batch)[1]  # type: ignore[return-value]

    class Flat(FGSM):
        def direction(self, classifier: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
            logits, direction = super().direction(classifier, batch)
            return logits, direction.flatten(1)

    pixels, labels = radiographs(2), torch.tensor([0, 1])
    with pytest.raises(AttackError, match=rf"^attack 'fgsm': goes \[2, {3 * SIDE**2}\] from pixels \[2, 3, "):
        Flat()(cnn(), pixels, labels, 0.01)
    with pytest.raises(
        AttackError, match=r"^attack 'fgsm': went 2 times as far as epsilon allows\. An attack "
    ):
        TwiceAsFar()(cnn(), pixels, labels, 0.01)
    with pytest.raises(AttackError, match=r"^attack 'fgsm': returned no pair"):
        Single()(cnn(), pixels, labels, 0.01)
    plan = make_plan(TwiceAsFar(), [0.01], noise_seed=None, critical=False)
    with pytest.raises(AttackError, match="2 times as far"):
        run(sweep_batch(cnn(), Batch(pixels, labels, range(2)), plan))
