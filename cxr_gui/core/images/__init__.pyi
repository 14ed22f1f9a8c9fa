from .domain import remarks
from .png16 import decode_png16, encode_png16
from .radiograph import Radiograph, Source, is_image_name, read, read_thumbnail, to_input

__all__ = [
    "Radiograph",
    "Source",
    "decode_png16",
    "encode_png16",
    "is_image_name",
    "read",
    "read_thumbnail",
    "remarks",
    "to_input",
]
