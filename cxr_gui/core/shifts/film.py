"""What a shift changes: the grey values of a film, and how large its pixels are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NOMINAL_SIDE = 300.0
"""Millimetres of the longer side of a film whose file does not say how large its pixels are."""

DECADES = 2.0
"""Powers of ten of exposure from the darkest to the brightest grey: a film shows the logarithm of it."""

ATTENUATION = DECADES * float(np.log(10))

Grey = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SpacedImage:
    """A radiograph on its way to a classifier.

    pixels   float32 [H, W] in 0..1, brighter where the body is denser
    spacing  (row, column) distance of its pixels in mm; None where its file does not say
    """

    pixels: Grey
    spacing: tuple[float, float] | None = None

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """The distance of its pixels, of which NOMINAL_SIDE is taken for granted where it is not known."""
        if self.spacing is not None:
            return self.spacing
        side = NOMINAL_SIDE / max(self.pixels.shape)
        return side, side

    @property
    def exposure(self) -> Grey:
        """What came through, as a share of what the tube sent: 1 where the film is darkest.

        A film is taken to show its logarithm over DECADES. What a reader's processing made of that is in no
        file, so this is an approximation.
        """
        through: Grey = np.exp(np.float32(-ATTENUATION) * self.pixels)
        return through

    @property
    def image(self) -> Image.Image:
        """Its pixels rounded to 8 bits, as Pillow has them."""
        return Image.fromarray(np.rint(self.pixels * 255).astype(np.uint8))

    def of_pixels(self, pixels: NDArray[np.floating]) -> SpacedImage:
        """The same film with other pixels, kept in 0..1."""
        return replace(self, pixels=np.clip(pixels, 0, 1).astype(np.float32))


def of_exposure(exposure: NDArray[np.floating]) -> NDArray[np.floating]:
    """The grey values that show an exposure, see `SpacedImage.exposure`."""
    grey: NDArray[np.floating] = -np.log(np.maximum(exposure, np.exp(-ATTENUATION))) / ATTENUATION
    return grey


def of_image(image: Image.Image) -> Grey:
    """The grey values 0..1 of an 8-bit image of Pillow."""
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def colours(film: SpacedImage) -> NDArray[np.float64]:
    """[H, W, 3] of 8 bits: MedMNIST-C's noises fall on each of three equal channels by themselves."""
    grey = np.asarray(film.image, np.float64) / 255
    return np.repeat(grey[:, :, None], 3, axis=2)


def of_colours(pixels: NDArray[np.floating]) -> Grey:
    """The grey values of channels [H, W, 3] that end in 8 bits, cut off and not rounded, as theirs do."""
    levels = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return of_image(Image.fromarray(levels))
