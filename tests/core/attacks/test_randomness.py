"""What is random about an attack: the published generator, fair, alike in any company, unlike any other."""

from __future__ import annotations

import itertools

import pytest
import torch
from scipy import stats

from cxr_gui.core.attacks.randomness import FRACTION, Chance, philox, places_below

IMAGE = torch.empty(1, 3, 96, 96)
COUNT = IMAGE.numel()
FAIR = 1e-4
"""No test of a fixed seed may find its numbers less likely than this; they are some forty."""


def images(rows: int) -> torch.Tensor:
    return IMAGE.expand(rows, -1, -1, -1)


ANSWERS = {
    ("00000000 00000000 00000000 00000000", "00000000 00000000"): "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff"): "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0"): "d16cfe09 94fdcceb 5001e420 24126ea1",
}
"""Known answers of Philox4x32-10, from its authors' Random123: (counter, key) -> words."""


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def philox_alone(counter: list[int], key: tuple[int, int]) -> list[int]:
    """The words of one counter, in Python's numbers, which never wrap around."""
    a, b, c, d = counter
    first, second = key
    for _ in range(10):
        one, other = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = other >> 32 ^ b ^ first, other % 2**32, one >> 32 ^ d ^ second, one % 2**32
        first, second = (first + 0x9E3779B9) % 2**32, (second + 0xBB67AE85) % 2**32
    return [a, b, c, d]


@pytest.mark.parametrize(("given", "answer"), ANSWERS.items())
def test_the_words_are_the_authors(given: tuple[str, str], answer: str) -> None:
    counter, (first, second) = words(given[0]), words(given[1])
    found = philox(*(torch.tensor([word]) for word in counter), key=(first, second))
    assert [int(word) for word in found] == words(answer) == philox_alone(counter, (first, second))


def test_numbers_are_the_words_of_place_draw_row_and_seed() -> None:
    seed, rows = 2**40 + 5, (9, 2**31 + 7)
    chance = Chance(seed, rows)
    for draw in (1, 2):
        found = chance.fractions(10).tolist()
        for row, numbers in zip(rows, found, strict=True):
            hashed = [philox_alone([place, draw, row, 0], (5, 2**8)) for place in range(3)]
            assert numbers == [word >> 8 for part in zip(*hashed, strict=True) for word in part][:10]


def test_uniform_numbers_are_halves_of_words_and_signs_their_bits() -> None:
    image = torch.empty(1, 1, 4, 9)
    hashed = [philox_alone([place, 1, 4, 0], (3, 0)) for place in range(5)]
    drawn = [word for part in zip(*hashed, strict=True) for word in part][:18]
    halves = [word % 2**16 for word in drawn] + [word >> 16 for word in drawn]
    assert Chance(3, [4]).uniform(image).flatten().tolist() == [half / 2**15 - 1 for half in halves]
    hashed = [philox_alone([0, 1, 4, 0], (3, 0))]
    drawn = [word for part in zip(*hashed, strict=True) for word in part][:2]
    bits = [word >> 8 * byte + bit & 1 for byte in range(4) for word in drawn for bit in range(8)]
    assert Chance(3, [4]).signs(image).flatten().tolist() == [2 * bit - 1 for bit in bits[:36]]


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_numbers_are_uniform(seed: int) -> None:
    numbers = Chance(seed, range(3)).uniform(images(3))
    assert -1 <= numbers.min() <= numbers.max() < 1
    for of_one in (*numbers, numbers):
        assert stats.kstest(of_one.flatten().numpy(), "uniform", (-1, 2)).pvalue > FAIR


@pytest.mark.parametrize("along", ["places", "rows", "seeds", "draws"])
def test_every_bit_is_a_fair_coin_along(along: str) -> None:
    """What differs in a counter by one alone has nothing in common: neither in one bit, nor in two bits,
    nor in a bit and itself a few numbers on. So it is with images, whose numbers follow one another.
    """
    count, chance = 1500, Chance(5, [3])
    drawn = {
        "places": lambda: chance.fractions(4 * count)[0, :count],
        "rows": lambda: Chance(5, range(count)).fractions(1)[:, 0],
        "seeds": lambda: torch.cat([Chance(seed, [3]).fractions(1)[0] for seed in range(count)]),
        "draws": lambda: torch.cat([chance.fractions(1)[0] for _ in range(count)]),
    }[along]()
    coins = 2.0 * (drawn[:, None] >> torch.arange(FRACTION) & 1) - 1
    assert stats.chi2.sf(float((coins.sum(dim=0) ** 2 / count).sum()), FRACTION) > FAIR
    pairs = (coins.T @ coins).fill_diagonal_(0)
    serial = torch.stack([(coins[:-lag] * coins[lag:]).sum(dim=0) for lag in (1, 2, 3, 4, 8, 16, 64)])
    for sums in (pairs, serial):
        assert sums.abs().max() < 5 * count**0.5


def test_pairs_of_neighbours_fill_the_square() -> None:
    cells = places_below(Chance(5, range(8)).fractions(20_000), 16)
    for step in (1, 2, 5_000, 96):
        counts = torch.bincount((16 * cells[:, :-step] + cells[:, step:]).flatten(), minlength=256)
        assert stats.chisquare(counts.numpy()).pvalue > FAIR


def test_images_seeds_and_draws_have_nothing_to_do_with_each_other() -> None:
    """Not as numbers, not shifted against each other, not in the number of places where signs agree."""
    drawn = []
    for seed, row in itertools.product((0, 1, 2), (0, 1, 2, 1000)):
        chance = Chance(seed, [row])
        drawn += [chance.uniform(IMAGE).flatten() for _ in range(2)]
    numbers = torch.stack(drawn).double()
    for shift in (0, 1, COUNT // 4):
        correlation = 3 * numbers @ numbers.roll(shift, 1).T / COUNT
        correlation.fill_diagonal_(0)
        assert correlation.abs().max() < 5 / COUNT**0.5
    assert len({tuple(row[:4].tolist()) for row in numbers}) == len(numbers)


def test_places_are_uniform_whatever_their_number() -> None:
    fractions = Chance(1, range(10)).fractions(5_000)
    assert not places_below(fractions, 1).any()
    for count in (2, 3, 7, 224):
        places = torch.bincount(places_below(fractions, count).flatten(), minlength=count)
        assert len(places) == count
        assert stats.chisquare(places.numpy()).pvalue > FAIR
    assert places_below(torch.tensor(2**FRACTION - 1), 2049) == 2048


def test_an_image_draws_the_same_in_any_company() -> None:
    rows = [5, 0, 123_456, 7]
    together, alone = Chance(3, rows), [Chance(3, [row]) for row in rows]
    for draw in ("uniform", "signs", "uniform"):
        joint = getattr(together, draw)(images(4))
        assert torch.equal(joint, torch.cat([getattr(one, draw)(IMAGE) for one in alone]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_another_precision_rounds_the_same_numbers(dtype: torch.dtype) -> None:
    single, other = (Chance(3, [2]).uniform(IMAGE.to(kind)) for kind in (torch.float32, dtype))
    assert other.dtype == dtype
    assert torch.equal(single.to(dtype), other)


def test_the_random_state_of_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    Chance(0, [0]).signs(IMAGE)
    assert torch.equal(torch.get_rng_state(), before)
