from .domain import remarks
from .formats import FORMATS, formats_in_words, is_image_name, suffixes
from .png16 import decode_png16, encode_png16
from .radiograph import Radiograph, Source, read, read_thumbnail, to_input

__all__ = [
    "FORMATS",
    "Radiograph",
    "Source",
    "decode_png16",
    "encode_png16",
    "formats_in_words",
    "is_image_name",
    "read",
    "read_thumbnail",
    "remarks",
    "suffixes",
    "to_input",
]
