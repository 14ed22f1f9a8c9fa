"""An image that is no chest X-ray is told from one, and nothing is told wrongly of X-rays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cxr_gui.core.base import progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.demo.film import radiograph
from cxr_gui.core.images import domain
from cxr_gui.core.images.radiograph import read, to_input
from cxr_gui.core.inspect.prediction import predict
from cxr_gui.core.models.registry import create

FILMS = [radiograph(3, index, positive=index % 2 == 1) for index in range(24)]


def share_unlike(images: list[NDArray[np.float32]]) -> float:
    return float(np.mean([bool(domain.warnings(image)) for image in images]))


def test_films_are_like_films_whatever_their_shape_and_size() -> None:
    assert share_unlike(FILMS) <= 1 / 24
    assert share_unlike([film[::2, ::2] for film in FILMS]) <= 1 / 24


@pytest.mark.parametrize(
    "changed",
    [np.transpose, lambda film: 1 - film, lambda film: np.full_like(film, film.mean())],
    ids=["on its side", "inverted", "flat"],
)
def test_a_film_made_unlike_one_is_told(changed: object) -> None:
    assert callable(changed)
    assert share_unlike([changed(film) for film in FILMS]) >= 23 / 24


REAL_TURNS = {
    "turned by 180 degrees": (lambda film: film[::-1, ::-1], "upside down", 0.95),
    "upside down": (lambda film: film[::-1], "upside down", 0.95),
    "mirrored": (lambda film: film[:, ::-1], "mirrored", 0.65),
    "a quarter of the contrast": (lambda film: 0.5 + (film - 0.5) / 4, "contrast", 0.97),
    "a tenth of the contrast": (lambda film: 0.5 + (film - 0.5) / 10, "contrast", 0.97),
    "2000 x 500": (
        lambda film: to_input(film, (500, 2000)) / np.float32(255),
        "4 times as wide as high",
        0.97,
    ),
}
"""What is done to films, what is said of it, and of which share at least."""


@pytest.mark.parametrize("name", REAL_TURNS)
def test_what_was_done_to_a_real_film_is_told(real_data: Path, name: str) -> None:
    change, words, share = REAL_TURNS[name]
    films = [read(record.path).pixels for record in progress.run(scan(real_data)).of("test")[::8]]
    said = ["".join(domain.warnings(change(film))) for film in films]
    assert np.mean([words in each for each in said]) >= share
    assert not any(words in "".join(domain.warnings(film)) for film in films)


def test_low_contrast_and_shape_of_any_film_are_told() -> None:
    for film in FILMS[:6]:
        [flat] = domain.warnings(0.5 + (film - 0.5) / 10)
        assert "contrast" in flat
        [squashed] = domain.warnings(np.ascontiguousarray(film.repeat(4, axis=1)))
        assert "times as wide as high" in squashed
        assert (
            domain.warnings(film.repeat(4, axis=1), spacing=(4.0, 1.0)) == ()
        )  # of a detector of oblong pixels
        assert "0.2 times as wide" in domain.warnings(film, spacing=(5.0, film.shape[0] / film.shape[1]))[0]


def test_upside_down_films_of_any_size_are_told() -> None:
    films = [np.kron(film, np.ones((4, 4), np.float32)) for film in FILMS[:6]]
    assert share_unlike(films) == 0
    assert all("upside down" in "".join(domain.warnings(film[::-1, ::-1])) for film in films)


def test_what_is_no_film_is_told() -> None:
    random = np.random.default_rng(0)
    ramp = np.linspace(0, 1, 200, dtype=np.float32)
    assert share_unlike([random.random((180, 200), np.float32) for _ in range(10)]) == 1
    assert share_unlike([np.tile(ramp, (150, 1)), np.outer(ramp, ramp)]) == 1


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 5))
def test_any_shape_has_a_distance(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).random((height, width), np.float32)
    assert np.isfinite(domain.distance(pixels))


def test_the_distance_is_that_of_mahalanobis_and_the_limit_their_quantile() -> None:
    """Against the covariance itself, and against the films it was fitted to."""
    reference = domain.fit(FILMS)
    template = np.array(reference.template)
    found = np.array([domain.measures(film, template) for film in FILMS])
    away = found[0] - found.mean(axis=0)
    squared = away @ np.linalg.solve(np.cov(found.T), away)
    assert domain.distance(FILMS[0], reference) == pytest.approx(np.sqrt(squared), rel=2e-3)
    distances = [domain.distance(film, reference) for film in FILMS]
    assert reference.limit == pytest.approx(np.quantile(distances, domain.QUANTILE), abs=1e-3)


def test_a_prediction_carries_the_warning(tmp_path: Path) -> None:
    film, noise = tmp_path / "film.png", tmp_path / "noise.png"
    Image.fromarray((FILMS[0] * 255).astype(np.uint8)).save(film)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)).save(noise)
    liked, unlike = progress.run(predict([film, noise], create("compact_cnn").eval()))
    assert not liked.warnings
    [warning] = unlike.warnings
    assert "not like the chest X-rays" in warning
    assert "99.5 % of them" in warning


def test_real_x_rays_are_like_themselves(real_data: Path) -> None:
    records = progress.run(scan(real_data)).of("test")[::6]
    images = [read(record.path).pixels for record in records]
    assert share_unlike(images) <= 0.03
    assert share_unlike([image.T for image in images]) >= 0.97
