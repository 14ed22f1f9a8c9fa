"""Every shift: in range, the same again for the same seed, milder before more severe; and what each is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cxr_gui.core.base.errors import ArgumentError, SettingsError
from cxr_gui.core.images import to_input
from cxr_gui.core.shifts import (
    FAMILIES,
    NOMINAL_SIDE,
    SHIFTS,
    Shift,
    SpacedImage,
    chance_of,
    register_shift,
    shifted,
)
from tests.support.medmnist_c import SIZE as DRAWN
from tests.support.medmnist_c import THEIRS, drawn, strips

SIZE = (64, 64)
every = pytest.mark.parametrize("shift", SHIFTS.values(), ids=list(SHIFTS))


def film(seed: int = 0, shape: tuple[int, int] = (96, 80), smooth: float = 6.0) -> SpacedImage:
    """A film of soft shapes with a little grain, dark at its border as films are."""
    chance = np.random.default_rng(seed)
    soft = gaussian_filter(chance.random(shape), smooth)
    soft = (soft - soft.min()) / np.ptp(soft)
    rows, columns = (np.sin(np.linspace(0, np.pi, n)) ** 0.3 for n in shape)
    grain = 0.02 * chance.standard_normal(shape)
    return SpacedImage(np.clip(soft * np.outer(rows, columns) + grain, 0, 1).astype(np.float32))


def at(shift: Shift, severity: int, on: SpacedImage, *, seed: int = 0, row: int = 0) -> NDArray[np.floating]:
    """Grey values 0..1 [SIZE] after a severity."""
    amount = shift.severity(severity)
    return shifted(on, shift, amount, SIZE, chance_of(shift, seed, row)) / np.float64(255)


def change(shift: Shift, severity: int, on: SpacedImage) -> float:
    """The stated distance: the root mean square change of the grey values that a classifier is given."""
    clean = to_input(on.pixels, SIZE) / np.float64(255)
    return float(np.sqrt(np.mean((at(shift, severity, on) - clean) ** 2)))


def test_medmnist_c_is_there_by_its_names() -> None:
    assert {name for name, shift in SHIFTS.items() if shift.family == "medmnist-c"} == set(THEIRS)


@pytest.mark.parametrize("name", THEIRS)
def test_medmnist_c_is_what_its_authors_package_makes(name: str) -> None:
    shift = SHIFTS.find(name)
    for expected, amount in zip(THEIRS[name], shift.amounts, strict=True):
        chance: Any = np.random.default_rng(0) if name == "impulse_noise" else np.random.RandomState(0)
        found = shifted(SpacedImage(drawn() / np.float32(255)), shift, amount, DRAWN, chance)
        # a last digit that another processor rounds otherwise moves a grey level here and there
        np.testing.assert_allclose(strips(found), expected, atol=25)


@every
def test_a_shift_describes_itself(shift: Shift) -> None:
    assert shift.family in FAMILIES
    assert shift.title and shift.summary and shift.quantity  # noqa: PT018
    assert len(shift.amounts) in (1, 5)
    rising = np.diff(shift.amounts)
    assert (rising > 0).all() or (rising < 0).all()
    assert shift.quantity in shift.span


@every
def test_a_shift_stays_in_range_and_has_the_shape_it_was_given(shift: Shift) -> None:
    for severity in range(1, len(shift.amounts) + 1):
        found = shifted(film(), shift, shift.severity(severity), SIZE, chance_of(shift, 0, 0))
        assert found.dtype == np.uint8
        assert found.shape == SIZE


@every
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_shift_changes_nothing_that_it_was_given_and_is_the_same_again(shift: Shift, seed: int) -> None:
    on = film(seed)
    before = on.pixels.copy()
    first = at(shift, 1, on, seed=seed, row=3)
    np.testing.assert_array_equal(on.pixels, before)
    np.testing.assert_array_equal(at(shift, 1, on, seed=seed, row=3), first)


@every
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_more_severe_shift_changes_more(shift: Shift, seed: int) -> None:
    """By the root mean square of the grey values; what rounding and a film's own detail do is allowed for."""
    changes = [change(shift, severity, film(seed)) for severity in range(1, len(shift.amounts) + 1)]
    assert changes[-1] > 0
    assert all(after >= 0.97 * before - 1 / 510 for before, after in pairwise(changes))


@pytest.mark.parametrize("name", ["dose", "gaussian_noise", "grid_lines", "rotation", "translation"])
def test_chance_is_the_images_own(name: str) -> None:
    shift = SHIFTS.find(name)
    rows = [at(shift, 5, film(), row=row) for row in range(6)]
    assert any((other != rows[0]).any() for other in rows[1:])
    seeds = [at(shift, 5, film(), seed=seed) for seed in range(6)]
    assert any((other != seeds[0]).any() for other in seeds[1:])


def test_dose_has_the_noise_of_its_photons() -> None:
    """The grey of n photons is known to 1 / (k sqrt n), k being the film's attenuation at white."""
    shift = SHIFTS.find("dose")
    flat = SpacedImage(np.full((200, 200), 0.4, np.float32), spacing=(0.5, 0.5))
    for photons in (20_000, 1_250):
        found = shift.change(flat, photons, chance_of(shift, 0, 0))
        arrived = photons * 0.25 * np.exp(-np.log(100) * 0.4)
        assert found.std() == pytest.approx(1 / (np.log(100) * np.sqrt(arrived)), rel=0.03)


def test_twice_the_exposure_is_darker_by_its_logarithm() -> None:
    flat = SpacedImage(np.full((8, 8), 0.6, np.float32))
    found = SHIFTS.find("over_exposure").change(flat, 2.0, np.random.default_rng())
    np.testing.assert_allclose(found, 0.6 - np.log(2) / np.log(100), rtol=1e-5)


def test_scatter_lets_as_much_through_as_before() -> None:
    on = film()
    veiled = on.of_pixels(SHIFTS.find("scatter_veil").change(on, 0.4, np.random.default_rng()))
    assert veiled.exposure.mean() == pytest.approx(on.exposure.mean(), rel=1e-4)
    assert veiled.pixels.std() < on.pixels.std()


def test_blur_is_in_millimetres_of_the_film() -> None:
    """A point becomes a Gaussian whose width in pixels is that in mm over the distance of the pixels."""
    point = np.zeros((81, 81), np.float32)
    point[40, 40] = 1
    shift = SHIFTS.find("focal_blur")
    found = shift.change(SpacedImage(point, spacing=(0.5, 1.0)), 2.0, np.random.default_rng())
    away = np.arange(81) - 40
    assert np.sqrt((found.sum(axis=1) * away**2).sum()) == pytest.approx(4.0, rel=0.02)
    assert np.sqrt((found.sum(axis=0) * away**2).sum()) == pytest.approx(2.0, rel=0.02)


def test_a_film_of_unknown_spacing_has_its_nominal_side() -> None:
    assert SpacedImage(np.zeros((200, 100), np.float32)).spacing_mm == (
        NOMINAL_SIDE / 200,
        NOMINAL_SIDE / 200,
    )


@pytest.mark.parametrize("way", [1.0, 1.5, 3.0, 6.25])
def test_breathing_is_the_mean_along_its_way(way: float) -> None:
    edge = np.zeros((60, 4), np.float32)
    edge[30:] = 1
    found = SHIFTS.find("breathing").change(
        SpacedImage(edge, spacing=(1.0, 1.0)), way, np.random.default_rng()
    )
    assert found[:, 0].sum() == pytest.approx(30, abs=1e-4)
    grey = (found[:, 0] > 1e-6) & (found[:, 0] < 1 - 1e-6)
    assert way - 1 <= grey.sum() <= way + 1


def test_geometry_moves_a_point_where_it_should() -> None:
    spot = np.zeros((101, 101), np.float32)
    spot[48:53, 78:83] = 1  # 30 to the right of the middle

    def middle(pixels: NDArray[np.floating]) -> tuple[float, float]:
        rows, columns = np.indices(pixels.shape)
        whole = pixels.sum()
        return float((rows * pixels).sum() / whole), float((columns * pixels).sum() / whole)

    chance = np.random.default_rng(0)
    found = middle(SHIFTS.find("rotation").change(SpacedImage(spot), 16, chance))
    assert np.hypot(found[0] - 50, found[1] - 50) == pytest.approx(30, abs=0.6)
    assert np.degrees(np.arctan2(abs(found[0] - 50), found[1] - 50)) == pytest.approx(16, abs=0.6)
    assert middle(SHIFTS.find("zoom_out").change(SpacedImage(spot), 0.7, chance)) == pytest.approx(
        (50, 71), abs=0.6
    )
    assert middle(SHIFTS.find("flip").change(SpacedImage(spot), 1.0, chance)) == pytest.approx(
        (50, 20), abs=0.1
    )
    tall = middle(SHIFTS.find("taller").change(SpacedImage(spot), 1.4, chance))
    assert tall == pytest.approx((50, 50 + 30 / 1.4**0.5), abs=0.6)
    moved = middle(SHIFTS.find("translation").change(SpacedImage(spot), 0.1, chance))
    assert np.hypot(moved[0] - 50, moved[1] - 80) == pytest.approx(10.1, abs=0.6)


def test_what_lies_outside_the_collimator_is_black_and_the_rest_as_it_was() -> None:
    on = film(shape=(100, 100))
    found = SHIFTS.find("collimation").change(on, 0.1, np.random.default_rng())
    np.testing.assert_array_equal(found[10:90, 10:90], on.pixels[10:90, 10:90])
    assert found.sum() == pytest.approx(on.pixels[10:90, 10:90].sum())


def test_few_bits_leave_few_grey_levels() -> None:
    found = SHIFTS.find("bit_depth").change(film(), 3, np.random.default_rng())
    assert len(np.unique(found)) <= 8
    assert np.abs(found - film().pixels).max() <= 0.5 / 7 + 1e-6


def test_a_film_that_is_small_already_loses_no_resolution() -> None:
    on = film(shape=(80, 60))
    np.testing.assert_array_equal(
        SHIFTS.find("low_resolution").change(on, 80, chance_of(SHIFTS.find("dose"), 0, 0)), on.pixels
    )


def test_inversion_twice_is_none() -> None:
    on, change = film(), SHIFTS.find("inversion").change
    twice = change(on.of_pixels(change(on, 1.0, np.random.default_rng())), 1.0, np.random.default_rng())
    np.testing.assert_allclose(twice, on.pixels, atol=1e-6)


def test_an_unknown_shift_and_severity_are_refused() -> None:
    with pytest.raises(SettingsError, match="no shift 'fog'"):
        SHIFTS.find("fog")
    with pytest.raises(SettingsError) as refused:
        SHIFTS.find("dose").severity(6)
    assert str(refused.value) == "severity of dose: is 6. Accepted: a whole number from 1 to 5."


def test_a_name_is_taken_once() -> None:
    shift = SHIFTS.find("dose")
    with pytest.raises(ArgumentError, match="name of another shift"):
        register_shift("dose", "x", "x", quantity="x", amounts=(1,), family="storage")(shift.change)


def test_a_shift_is_what_its_decorator_says(monkeypatch: pytest.MonkeyPatch) -> None:
    added: dict[str, Shift] = {}
    monkeypatch.setattr(SHIFTS, "add", added.__setitem__)
    change = SHIFTS.find("dose").change
    says = {"quantity": "height", "amounts": (1.0, 2.0), "family": "storage", "unit": "mm", "at": "input"}
    assert register_shift("fog", "Fog", "As outside.", **says)(change) is change
    assert added == {"fog": Shift("fog", "Fog", "As outside.", change, **says)}
    register_shift("mist", "Mist", "Less.", quantity="height", amounts=(1.0,), family="storage")(change)
    assert (added["mist"].unit, added["mist"].at) == ("", "film")
