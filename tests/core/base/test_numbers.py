"""Numbers as people type them: one is the same with a point and a comma, and a list is never guessed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.numbers import number_text, parse_number, parse_whole, split_numbers

ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.05", 0.05),
        ("0,05", 0.05),
        (",5", 0.5),
        (".5", 0.5),
        ("1,", 1.0),
        ("1e-4", 1e-4),
        ("2,5E-3", 2.5e-3),
        (" 3 ", 3.0),
        ("+1", 1.0),
        ("-0,5", -0.5),
        ("\N{MINUS SIGN}0.5", -0.5),  # as the window prints it
        ("4/255", 4 / 255),
        ("0,5 / 2", 0.25),
        ("0,05".translate(ARABIC), 0.05),
        ("0.05".translate(ARABIC), 0.05),
        ("\N{ARABIC LETTER MARK}-1", -1.0),
    ],
)
def test_one_number_with_a_point_or_a_comma(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", ",", "e5", "1e", "1.000,5", "1,000.5", "1.2.3", "1,2,3", "1 000", "1_000", "1'000"),
        *("nan", "inf", "-infinity", "1e999", "0x10", "many", "1/0", "1/2/3", "/2", "2/", "5 %", "0;5"),
    ],
)
def test_what_is_no_number_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a number. Write it like 0.05, 0,05 or 5e-2"):
        parse_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_shown_can_be_typed_again(value: float) -> None:
    for text in (number_text(value), number_text(value).replace(".", ",")):
        assert parse_number(text) == pytest.approx(value, rel=1e-11)
        assert number_text(parse_number(text)) == number_text(value)


@given(st.integers())
def test_whole_numbers(value: int) -> None:
    assert parse_whole(str(value)) == value
    assert parse_whole(str(value).translate(ARABIC)) == value


@pytest.mark.parametrize("text", ["", "1.5", "1,5", "2.0", "1,000", "1.000", "1_000", "1 000", "1e3", "many"])
def test_a_whole_number_has_no_marks(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a whole number. Write it like 1000"):
        parse_whole(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,0.01,0.03", ("0", "0.01", "0.03")),
        ("0,0.01, 0.03 0.1", ("0", "0.01", "0.03", "0.1")),
        ("0; 0,01; 0,03", ("0", "0,01", "0,03")),
        ("0,01;0.03;", ("0,01", "0.03")),
        ("0, 1", ("0", "1")),
        ("0,1,2,4", ("0", "1", "2", "4")),
        ("1/255,2/255", ("1/255", "2/255")),
        ("0,1e-3", ("0", "1e-3")),
        ("0.5,0.5,0.5", ("0.5", "0.5", "0.5")),
        ("", ()),
        (" , ", ()),
        (" ; ;", ()),
    ],
)
def test_the_words_of_a_list(text: str, words: tuple[str, ...]) -> None:
    assert split_numbers(text) == words


@pytest.mark.parametrize("text", ["0,01", "0,01 0,03", "0,01,0,03", "0,05,0.1", "0,1,0,3", "0,0", "0,01e-3"])
def test_a_list_that_reads_like_decimal_commas_is_questioned(text: str) -> None:
    with pytest.raises(SettingsError, match="^eps: '.*' reads like a decimal comma in a list. Write 0"):
        split_numbers(text, where="eps")


def test_the_question_says_both_ways_to_write_it() -> None:
    with pytest.raises(SettingsError) as caught:
        split_numbers("0,1", whole=False)
    assert "Write 0.1 for a decimal point, or a space after each comma of a list: 0, 1." in str(caught.value)


@given(st.lists(st.floats(0, 1, exclude_min=True).filter(lambda value: "." in repr(value)), min_size=1))
def test_a_list_written_with_points_is_never_questioned(values: list[float]) -> None:
    for separator in (",", ", ", " ", ";"):
        words = split_numbers(separator.join(map(repr, values)))
        assert [parse_number(word) for word in words] == values
    commas = "".join(f"{value!r};".replace(".", ",") for value in values)
    assert [parse_number(word) for word in split_numbers(commas)] == values
