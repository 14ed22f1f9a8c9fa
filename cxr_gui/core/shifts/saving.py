"""What is left of a film that was saved in a format that loses something."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from cxr_gui.core.shifts.film import Grey, SpacedImage, of_image


def saved(film: SpacedImage, form: str, **options: Any) -> Grey:
    """The grey values of a film that was written, 8 bits a pixel, in a format of Pillow, and read again."""
    file = io.BytesIO()
    film.image.save(file, form, **options)
    with Image.open(file) as image:
        return of_image(image)
