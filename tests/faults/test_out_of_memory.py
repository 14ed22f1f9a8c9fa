"""Too little memory for a batch of a sweep: it is halved until it fits. Training: test_training_failures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import ResourceError
from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweeping import sweep
from tests.support.victims import cnn, decisions, radiographs

EPSILONS = [0.0, to_pixel(0.05, "model"), to_pixel(0.3, "model")]
IMAGES, BATCH = 20, 8


class Limited(nn.Module):
    """A classifier on a device that holds so many images at once."""

    def __init__(self, classifier: Classifier, images: int, error: Callable[[], RuntimeError]) -> None:
        super().__init__()
        self.classifier, self.images, self.error = classifier, images, error
        self.largest = self.refused = 0

    def forward(self, pixels: Tensor) -> Tensor:
        if len(pixels) > self.images:
            self.refused += 1
            raise self.error()
        self.largest = max(self.largest, len(pixels))
        return self.classifier(pixels)


def cuda_is_full() -> RuntimeError:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def memory_is_full() -> RuntimeError:
    return RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")


def swept(classifier: nn.Module, attack: str, *, checked: int = 0) -> SweepResult:
    pixels = radiographs(IMAGES)
    labels = decisions(cnn(), pixels)
    batches = [(pixels[at : at + BATCH], labels[at : at + BATCH]) for at in range(0, IMAGES, BATCH)]
    return progress.run(
        sweep(classifier, batches, attack, EPSILONS, noise=True, critical=True, checked=checked)
    )


@pytest.mark.parametrize("error", [cuda_is_full, memory_is_full])
@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_batch_that_is_too_large_is_attacked_in_halves_with_the_same_result(
    attack: str, error: Callable[[], RuntimeError]
) -> None:
    whole = swept(cnn(), attack)
    limited = Limited(cnn(), BATCH // 2, error)
    halves = swept(limited, attack)
    assert (limited.largest, limited.refused) == (BATCH // 2, 1)  # the batches after it are not tried whole
    assert halves.complete
    assert halves.rows.tolist() == whole.rows.tolist()
    np.testing.assert_allclose(halves.logits, whole.logits, atol=1e-5)
    np.testing.assert_allclose(halves.noise_logits, whole.noise_logits, atol=1e-5)
    np.testing.assert_allclose(halves.critical, whole.critical, rtol=1e-4)


def test_the_checks_look_at_as_many_images_as_fit() -> None:
    limited = Limited(cnn(), BATCH // 2, cuda_is_full)
    result = swept(limited, "fgsm", checked=BATCH)
    assert len(result.checks) == len(swept(cnn(), "fgsm", checked=BATCH).checks)
    assert limited.refused == 1


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_halves_are_halved_again_with_the_same_result(attack: str) -> None:
    whole, limited = swept(cnn(), attack), Limited(cnn(), 1, cuda_is_full)
    ones = swept(limited, attack)
    assert (limited.largest, limited.refused) == (1, 3)  # 8, 4 and 2 at once
    np.testing.assert_allclose(ones.logits, whole.logits, atol=1e-5)
    np.testing.assert_allclose(ones.critical, whole.critical, rtol=1e-4)


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_when_one_image_is_still_too_much_it_is_said_in_words(attack: str) -> None:
    limited = Limited(cnn(), 0, cuda_is_full)
    with pytest.raises(ResourceError, match="not enough memory to attack one image") as failure:
        swept(limited, attack)
    assert limited.refused == 4
    assert "smaller batch size" in failure.value.hint


def test_one_image_cannot_be_halved() -> None:
    with pytest.raises(ResourceError, match="attack one image"):
        progress.run(
            sweep(Limited(cnn(), 0, cuda_is_full), [(radiographs(1), torch.zeros(1))], "fgsm", EPSILONS)
        )


def test_an_error_of_the_program_is_not_called_so() -> None:
    broken = Limited(cnn(), 4, lambda: RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        swept(broken, "fgsm")
    assert broken.refused == 1
