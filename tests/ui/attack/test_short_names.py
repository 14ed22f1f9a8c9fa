"""Names side by side, without what they have in common."""

from __future__ import annotations

import pytest

from cxr_gui.ui.attack.strip.short_names import short_classes, short_names


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (
            ["person100_bacteria_475.jpeg", "person103_bacteria_489.jpeg"],
            ["…100_bacteria_475", "…103_bacteria_489"],
        ),
        (["IM-0001-0001.jpeg", "NORMAL2-IM-0112-0001.jpeg"], ["IM-0001", "NORMAL2-IM-0112"]),
        (["a.png", "b.dcm"], ["a.png", "b.dcm"]),
        (["a.png", "a.png"], ["a.png", "a.png"]),
        (["film.png", "film-2.png"], ["film.png", "film-2.png"]),
        (["alone.png"], ["alone.png"]),
        ([], []),
    ],
)
def test_what_all_names_begin_and_end_with_is_left_out(names: list[str], short: list[str]) -> None:
    assert short_names(names) == short


@pytest.mark.parametrize(
    ("classes", "short"),
    [
        (("NORMAL", "PNEUMONIA"), ("NORM", "PNEU")),
        (("COVID negative", "COVID positive"), ("nega", "posi")),
        (("no", "nodule"), ("no", "nodu")),
        (("", "x"), ("", "x")),
    ],
)
def test_four_letters_tell_two_classes_apart(classes: tuple[str, str], short: tuple[str, str]) -> None:
    assert short_classes(classes) == short
