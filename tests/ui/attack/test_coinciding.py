"""Curves that lie on one another: each is known from the others."""

from __future__ import annotations

import pytest

from cxr_gui.ui.attack.sweep.coinciding import TOGETHER, Course, Overlap, overlaps

X = [0.0, 0.01, 0.03]
ALONE = Overlap((0, 0, 0), (True, True, False), (False, False, False))


def test_curves_apart_share_nothing() -> None:
    assert overlaps([Course(X, [90, 50, 10], 0), Course(X, [80, 40, 0], 1)]) == [ALONE] * 2


def test_of_two_sweeps_the_later_is_striped_where_they_coincide() -> None:
    first, second = overlaps([Course(X, [90, 50, 10], 0), Course(X, [90, 50, 30], 1)])
    assert first == Overlap((1, 1, 0), ALONE.plain, ALONE.striped)
    assert second == Overlap((0, 0, 0), (False, True, False), (True, False, False), turn=1, of=2)


def test_each_of_three_has_its_turn_among_the_stripes() -> None:
    same = [Course(X, [90, 50, 10], sweep) for sweep in (7, 3, 5)]
    assert [(found.turn, found.of) for found in overlaps(same)] == [(0, 1), (1, 3), (2, 3)]
    assert [found.rings for found in overlaps(same)] == [(2, 2, 2), (1, 1, 1), (0, 0, 0)]


def test_of_one_sweep_the_first_curve_stands_for_all_that_coincide() -> None:
    first, second, third = overlaps([Course(X, [90, 50, 10], 0)] * 2 + [Course(X, [90, 50, 30], 0)])
    assert first == ALONE
    assert second == Overlap((None,) * 3, (False,) * 3, (False,) * 3)
    assert third == Overlap((None, None, 0), (False, True, False), (False,) * 3)
    assert [found.hidden for found in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize(("apart", "together"), [(TOGETHER / 2, True), (2 * TOGETHER, False)])
def test_what_one_dot_of_the_screen_holds_is_together(apart: float, together: bool) -> None:
    lines = [Course(X, [90, 50, 10], 0), Course(X, [90 + apart, 50 + apart, 10 + apart], 1)]
    assert all(overlaps(lines)[1].striped[:2]) == together


def test_a_curve_that_leaves_out_an_epsilon_crosses_the_others_point() -> None:
    first, second = overlaps([Course(X, [90, 50, 10], 0), Course([0.0, 0.03], [90, 10], 1)])
    assert first.rings == (1, 0, 1)
    assert second.plain == (True, False)


def test_nothing_and_a_single_point_are_curves_too() -> None:
    assert overlaps([]) == []
    empty, single = overlaps([Course([], [], 0), Course([0.0], [50.0], 0)])
    assert (empty.rings, empty.plain) == ((), ())
    assert single == Overlap((0,), (False,), (False,))
