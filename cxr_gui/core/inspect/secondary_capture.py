"""An adversarial image as DICOM: a Secondary Capture (PS3.3, A.8.1) that says what it is where viewers look.

It belongs to no patient and to no study: its UIDs are new, and nothing of the file it was made from is in it.
The warning is in the descriptions and comments that viewers print over images and list in work lists, and
not in the pixels: those are what the classifier is asked about.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydicom import Dataset, FileMetaDataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

import cxr_gui
from cxr_gui.core.inspect.saved_kinds import Levels

ADVERSARIAL = "ADVERSARIAL - NOT FOR CLINICAL USE"
UNICODE = "ISO_IR 192"
EMPTY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "ReferringPhysicianName"),
    *("StudyID", "AccessionNumber", "PatientOrientation"),
)
"""What the standard wants to be there and allows to be empty."""


def write_levels(levels: Levels, path: Path, derivation: str, *, burned_in: bool = False) -> None:
    """Write grey levels [H, W] or RGB ones [H, W, 3] to `path`; `derivation` says how they were made.

    burned_in  the source says that annotation identifying the patient is in its pixels; where it does not,
               nothing is said, for nobody here has looked (PS3.3, C.7.6.1)
    Raises OSError when the file cannot be written.
    """
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    now = datetime.now(UTC)
    for keyword in EMPTY:
        setattr(data, keyword, "")
    data.SpecificCharacterSet = UNICODE
    data.SOPClassUID = SecondaryCaptureImageStorage
    data.SOPInstanceUID, data.StudyInstanceUID, data.SeriesInstanceUID = (
        generate_uid(prefix=None) for _ in range(3)
    )
    data.StudyDate = data.ContentDate = now.strftime("%Y%m%d")
    data.StudyTime = data.ContentTime = now.strftime("%H%M%S")
    data.TimezoneOffsetFromUTC = "+0000"
    data.ImageType = ["DERIVED", "SECONDARY"]
    data.Modality, data.ConversionType = "OT", "WSD"  # other; made on a workstation
    data.SeriesNumber = data.InstanceNumber = 1
    data.PatientIdentityRemoved, data.DeidentificationMethod = "YES", "Made anew from pixels alone"
    if burned_in:
        data.BurnedInAnnotation = "YES"
    data.StudyDescription = data.SeriesDescription = data.ImageComments = ADVERSARIAL
    data.DerivationDescription = derivation
    data.Manufacturer, data.SoftwareVersions = "cxr-gui", cxr_gui.__version__
    bits = 8 * levels.itemsize
    data.set_pixel_data(levels, "MONOCHROME2" if levels.ndim == 2 else "RGB", bits)
    if levels.ndim == 2:
        # The whole range, so that no viewer stretches it (PS3.3, C.11.2.1.2: LINEAR goes to centre - 0.5)
        data.WindowCenter, data.WindowWidth = 2 ** (bits - 1), 2**bits
    data.save_as(path, enforce_file_format=True)


def read_levels(path: Path) -> Levels:
    """The levels of a file that `write_levels` wrote, as pydicom reads them."""
    levels: Levels = dcmread(path).pixel_array
    return levels
