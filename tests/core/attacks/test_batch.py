"""Batches in pieces and put together again; pixels under a threat model."""

from __future__ import annotations

import pytest
import torch

from cxr_gui.core.attacks.arguments import no_answer
from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.attacks.threat import as_threat, check_threat
from cxr_gui.core.base.errors import AnswerError, ArgumentError
from tests.support.victims import radiographs

SIZES = {
    (7, 3): [3, 3, 1],
    (7, 1): [7],
    (7, 7): [1] * 7,
    (7, 9): [1] * 7,
    (6, 4): [2, 2, 2],
    (1, 2): [1],
    (0, 2): [],
}
"""(images, pieces) -> images in each, the first ones the larger"""


def batch(images: int) -> Batch:
    return Batch(radiographs(images), torch.arange(images) % 2, range(5, 5 + images))


@pytest.mark.parametrize(("counts", "sizes"), SIZES.items())
def test_a_batch_is_cut_and_joined_again(counts: tuple[int, int], sizes: list[int]) -> None:
    images, pieces = counts
    whole = batch(images)
    cut = whole.cut(pieces)
    assert [len(piece) for piece in cut] == sizes
    if cut:
        joined = Batch.joined(cut)
        assert torch.equal(joined.pixels, whole.pixels)
        assert torch.equal(joined.labels, whole.labels)
        assert list(joined.rows) == list(whole.rows)


@pytest.mark.parametrize(
    "chosen", [slice(1, 3), torch.tensor([1, 2]), torch.tensor([False, True, True, False])]
)
def test_some_images_keep_their_labels_and_numbers(chosen: slice | torch.Tensor) -> None:
    whole = batch(4)
    some = whole[chosen]
    assert torch.equal(some.pixels, whole.pixels[1:3])
    assert some.labels.tolist() == [1, 0]
    assert list(some.rows) == [6, 7]


def test_an_unknown_threat_model_is_told_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match=r"^threat: is 'cmyk'\. Accepted: 'rgb' or 'grey'\.$"):
        check_threat("cmyk")


def test_three_rows_are_not_three_channels() -> None:
    grey = torch.rand(2, 1, 3, 1)
    assert torch.equal(as_threat(grey, "rgb"), grey.expand(2, 3, 3, 1))
    assert torch.equal(as_threat(grey.expand(2, 3, 3, 1), "grey"), grey)


def test_colours_are_not_made_grey() -> None:
    with pytest.raises(
        ArgumentError, match=r"^pixels: has channels that differ\. Accepted for 'grey': equal"
    ):
        as_threat(radiographs(1), "grey")


def test_who_gets_no_answer_is_told_what_to_do() -> None:
    with pytest.raises(
        AnswerError, match=r"^a\.png: gets no prediction: .* for it\. Choose another classifier, "
    ):
        raise no_answer("it", "a.png")
    with pytest.raises(
        AnswerError, match=r"^classifier: answered NaN or infinity for it\. Accepted: one finite"
    ):
        raise no_answer("it")
