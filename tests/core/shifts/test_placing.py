"""Where a film goes when it is moved, turned or brought nearer."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_gui.core.shifts.film import SpacedImage
from cxr_gui.core.shifts.placing import placed

HEIGHT, WIDTH = 60, 80
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
"""x goes to y, which points down, and y to -x: a quarter of a turn clockwise"""


def spot(x: int, y: int) -> SpacedImage:
    """Black, but for 5 x 5 pixels around a point."""
    pixels = np.zeros((HEIGHT, WIDTH), np.float32)
    pixels[y - 2 : y + 3, x - 2 : x + 3] = 1.0
    return SpacedImage(pixels)


def seen(pixels: np.ndarray) -> tuple[float, float]:
    """(x, y) of the centre of what is bright."""
    y, x = np.indices(pixels.shape)
    return float((x * pixels).sum() / pixels.sum()), float((y * pixels).sum() / pixels.sum())


@pytest.mark.parametrize(("right", "down"), [(0.25, 0.0), (-0.125, 0.0), (0.0, 0.1), (0.05, -0.2)])
def test_a_way_leads_right_and_down(right: float, down: float) -> None:
    found = seen(placed(spot(30, 25), np.eye(2), (right, down)))
    assert found == pytest.approx((30 + right * WIDTH, 25 + down * HEIGHT), abs=1e-3)


def test_a_turn_and_a_zoom_are_about_the_middle() -> None:
    middle = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    found = seen(placed(spot(50, 30), TURN, (0.0, 0.0)))
    assert found == pytest.approx((middle[0] - (30 - middle[1]), middle[1] + (50 - middle[0])), abs=1e-3)
    found = seen(placed(spot(45, 32), 2 * np.eye(2)))
    assert found == pytest.approx(
        (middle[0] + 2 * (45 - middle[0]), middle[1] + 2 * (32 - middle[1])), abs=0.1
    )


def test_a_way_is_taken_after_the_turn() -> None:
    turned, moved = (seen(placed(spot(45, 30), TURN, way)) for way in ((0.0, 0.0), (0.1, 0.0)))
    assert moved == pytest.approx((turned[0] + 0.1 * WIDTH, turned[1]), abs=1e-3)


def test_other_pixels_of_a_film_are_kept_in_range_and_it_keeps_its_spacing() -> None:
    film = SpacedImage(np.zeros((1, 4), np.float32), (0.2, 0.1))
    other = film.of_pixels(np.array([[-0.5, 0.25, 1.0, 1.5]]))
    assert other.pixels.tolist() == [[0.0, 0.25, 1.0, 1.0]]
    assert other.pixels.dtype == np.float32
    assert other.spacing == (0.2, 0.1)
