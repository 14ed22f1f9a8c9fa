"""Handling a film: each part does what its shift does, and all of them compose."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.inspect import handled
from cxr_gui.core.shifts import SHIFTS, Handling, SpacedImage, Ward
from tests.core.shifts.test_shifts import film

PIXELS = torch.from_numpy(film(shape=(90, 90)).pixels)[None, None]
LEVEL = 1 / 255
shares = st.lists(st.floats(-1, 1), min_size=6, max_size=6)


def test_nothing_changes_nothing_but_the_rounding() -> None:
    found = handled(PIXELS, [Handling()])
    torch.testing.assert_close(found, (PIXELS * 255).round() / 255)
    assert Handling().words == "nothing"


@pytest.mark.parametrize(
    ("name", "amount", "handling"),
    [
        ("over_exposure", 1.3, Handling(exposure=1.3)),
        ("under_exposure", 0.7, Handling(exposure=0.7)),
        ("gamma_corr_up", 1.4, Handling(gamma=1.4)),
        ("zoom_in", 1.1, Handling(zoom=1.1)),
        ("zoom_out", 0.9, Handling(zoom=0.9)),
    ],
)
def test_each_part_is_the_shift_of_its_name(name: str, amount: float, handling: Handling) -> None:
    clean = SpacedImage(PIXELS[0, 0].numpy())
    expected = np.clip(SHIFTS.find(name).change(clean, amount, np.random.default_rng()), 0, 1)
    found = handled(PIXELS, [handling])[0, 0].numpy()
    inside = (slice(6, -6), slice(6, -6))  # Pillow and PyTorch fade to black otherwise
    assert np.abs(found - expected)[inside].max() < 2 * LEVEL


def test_rotation_and_ways_move_a_point_where_they_should() -> None:
    spot = torch.zeros(1, 1, 101, 101)
    spot[..., 48:53, 78:83] = 1  # 30 to the right of the middle
    rows, columns = torch.meshgrid(torch.arange(101.0), torch.arange(101.0), indexing="ij")

    def middle(handling: Handling) -> tuple[float, float]:
        found = handled(spot, [handling])[0, 0]
        return float((rows * found).sum() / found.sum()), float((columns * found).sum() / found.sum())

    angle = np.deg2rad(12)
    assert middle(Handling(rotation=12)) == pytest.approx(
        (50 + 30 * np.sin(angle), 50 + 30 * np.cos(angle)), abs=0.3
    )
    assert middle(Handling(right=0.1)) == pytest.approx((50, 90.1), abs=0.3)
    assert middle(Handling(down=-0.1)) == pytest.approx((39.9, 80), abs=0.3)
    assert middle(Handling(zoom=0.8)) == pytest.approx((50, 74), abs=0.3)


def test_a_film_that_is_no_square_is_turned_without_being_squeezed() -> None:
    tall = torch.zeros(1, 1, 120, 80)
    tall[..., 57:63, 62:68] = 1  # 25 to the right of the middle
    found = handled(tall, [Handling(rotation=90)])[0, 0]
    row, column = (int(value) for value in np.unravel_index(int(found.argmax()), found.shape))
    assert row == pytest.approx(85, abs=3)
    assert column == pytest.approx(40, abs=3)


@settings(max_examples=25, deadline=None)
@given(each=shares)
def test_what_passes_stays_in_its_ranges_and_the_film_in_range(each: list[float]) -> None:
    ward = Ward()
    handling = ward.handling(each)
    for factor, most in ((handling.exposure, 1.25), (handling.gamma, 1.2), (handling.zoom, 1.1)):
        assert 1 / most - 1e-9 <= factor <= most + 1e-9
    assert abs(handling.rotation) <= 5
    assert max(abs(handling.right), abs(handling.down)) <= 0.05
    found = handled(PIXELS, [handling, Handling()])
    assert found.shape == (2, 1, 90, 90)
    assert 0 <= float(found.min()) <= float(found.max()) <= 1
    torch.testing.assert_close(found[1:], handled(PIXELS, [Handling()]), atol=1.01 * LEVEL, rtol=0)


def test_words_say_every_part() -> None:
    said = Handling(exposure=1.1, gamma=0.9, rotation=-3.0, right=0.02, down=-0.01, zoom=1.05).words
    assert said == "exposure 1.1, gamma 0.9, zoom 1.05, rotation -3 degrees, right 2 %, up 1 %"


def test_a_range_outside_reason_is_refused() -> None:
    with pytest.raises(SettingsError, match="exposure"):
        Ward(exposure=0.5)
    assert Ward(exposure=1, gamma=1, rotation=0, right=0, down=0.1, zoom=1).open == [4]
