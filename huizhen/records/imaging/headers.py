"""What a DICOM file says before its pixels, read without holding the pixels in memory.

A file is refused with one code: `not_dicom`, `damaged`, `truncated`, `no_pixels`, `unsupported_syntax`, `missing_uid`,
`too_large`. `directory` is no fault: the table of contents (DICOMDIR) of an exported disc; `list_promised` counts what
it names.
"""

import io
import struct
from datetime import date, datetime
from typing import BinaryIO

import numpy as np
from pydicom import config, dcmread, uid
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.pixels.utils import get_expected_length
from pydicom.tag import Tag

from huizhen.records.imaging.facts import UID_FORM, BadImage, Header

config.settings.reading_validation_mode = config.IGNORE

# Written by other people's machines: whatever the parser trips over is a fault of the file.
BROKEN = (
    InvalidDicomError, ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError,
    NotImplementedError, OSError, RecursionError, RuntimeError, TypeError, ValueError, struct.error,
)  # fmt: skip

SYNTAXES = frozenset(
    {
        uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.RLELossless,
        uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1,
        uid.JPEGLSLossless, uid.JPEGLSNearLossless, uid.JPEG2000Lossless, uid.JPEG2000,
        uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K,
    }
)  # fmt: skip
WANTED = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SpecificCharacterSet",
    "Modality",
    "StudyDate",
    "StudyDescription",
    "SeriesDescription",
    "SeriesNumber",
    "BodyPartExamined",
    "InstanceNumber",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "BurnedInAnnotation",
    "ImageType",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
]
PIXELS = frozenset(Tag(0x7FE0, element) for element in (0x0008, 0x0009, 0x0010))
DIRECTORY = uid.MediaStorageDirectoryStorage
UNDEFINED = 0xFFFFFFFF
# Machines that print name and number into the picture, and screens that were photographed.
WRITE_ON_PICTURES = frozenset({"US", "IVUS", "ES", "XC", "GM", "OP", "OT", "ECG", "DOC", "BDUS"})
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture and its multi-frame relatives [PS3.4 B.5]
SCREENS = ("SCREEN", "DOSE", "REPORT", "PROTOCOL")
MOST_PIXELS, MOST_FRAMES = 1 << 26, 20_000
LARGEST_TABLE = 64 << 20  # bytes of a DICOMDIR
LARGEST_VALUE = 1 << 16  # bytes; longer header values are not read


def read_header(file: BinaryIO) -> Header:
    """Read and check one DICOM file.

    `file` is seekable and at its beginning; its position afterwards is not defined. Pixels are measured, not decoded.

    Raises:
        BadImage: with the code of the reason.
    """
    try:
        read_preamble(file, force=False)
    except InvalidDicomError as error:
        raise BadImage("not_dicom") from error
    try:
        syntax = read_syntax(file)
        header = read_dataset(
            file,
            syntax.is_implicit_VR,
            syntax.is_little_endian,
            stop_when=lambda tag, _vr, _length: tag in PIXELS,
            defer_size=LARGEST_VALUE,
            specific_tags=[Tag(name) for name in WANTED],
        )
        check_uids(header)
        check_depth(header, syntax)
        check_pixels(file, header, syntax)
        return header_from(header, syntax)
    except BROKEN as error:
        raise BadImage("truncated" if isinstance(error, EOFError) else "damaged") from error


def read_syntax(file: BinaryIO) -> uid.UID:
    """The transfer syntax from the file meta group; the file stands at the data set afterwards.

    Deflated files are refused: they would have to be inflated whole before anything about them is known.
    """
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2, defer_size=LARGEST_VALUE)
    if meta.get("MediaStorageSOPClassUID") == DIRECTORY:
        raise BadImage("directory")
    syntax = uid.UID(str(meta.get("TransferSyntaxUID", "")))
    if syntax not in SYNTAXES:
        raise BadImage("unsupported_syntax")
    return syntax


def read_uid(file: BinaryIO) -> str:
    """The number of an object from the group before its data set. Raises BadImage: `damaged`."""
    try:
        read_preamble(file, force=False)
        meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
    except BROKEN as error:
        raise BadImage("damaged") from error
    return text(meta, "MediaStorageSOPInstanceUID", 64)


def list_promised(file: BinaryIO) -> dict[str, int]:
    """How many images a disc's table of contents (DICOMDIR) names, by study; nothing where it cannot be read."""
    file.seek(0)
    try:
        found = dcmread(io.BytesIO(file.read(LARGEST_TABLE)), specific_tags=["DirectoryRecordSequence"])
        promised: dict[str, int] = {}
        study = ""
        # Records stand in the order of the tree in all that machines write; links between them may be broken.
        for record in found.DirectoryRecordSequence:
            kind = str(record.get("DirectoryRecordType", ""))
            study = str(record.get("StudyInstanceUID", "")) if kind == "STUDY" else study
            if kind == "IMAGE" and study:
                promised[study] = promised.get(study, 0) + 1
    except BROKEN:
        return {}
    return promised


def check_uids(header: Dataset) -> None:
    """The three identifiers that say which image of which series of which study this is."""
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        value = str(header.get(name) or "")
        if len(value) > 64 or not UID_FORM.fullmatch(value):
            raise BadImage("missing_uid")


def check_depth(header: Dataset, syntax: uid.UID) -> None:
    """JPEG of 12 bits, lossy: no decoder of a licence we can use reads it."""
    if syntax == uid.JPEGExtended12Bit and int(header.get("BitsAllocated") or 8) > 8:
        raise BadImage("unsupported_syntax")


def check_pixels(file: BinaryIO, header: Dataset, syntax: uid.UID) -> None:
    """That the pixels are there, as many as the header promises; `file` stands at the pixel element."""
    mark = "<" if syntax.is_little_endian else ">"
    start = file.tell()
    element = file.read(8 if syntax.is_implicit_VR else 12)
    end = file.seek(0, 2)
    if not element:
        # A header cut off in its middle also ends without pixels; only an image says how many rows it has.
        raise BadImage("truncated" if header.get("Rows") else "no_pixels")
    if len(element) < (8 if syntax.is_implicit_VR else 12):
        raise BadImage("truncated")
    length = struct.unpack(f"{mark}L", element[-4:])[0]
    check_size(header)
    value = start + len(element)
    if syntax.is_encapsulated:
        measure_fragments(file, value, end)
    elif length == UNDEFINED or min(length, end - value) < get_expected_length(header):
        raise BadImage("truncated")


def check_size(header: Dataset) -> None:
    """That decoding one frame fits into memory, whatever the file claims."""
    rows, columns = int(header.Rows), int(header.Columns)
    if rows <= 0 or columns <= 0 or int(header.get("SamplesPerPixel", 1)) not in (1, 3):
        raise BadImage("damaged")
    if rows * columns > MOST_PIXELS or int(header.get("NumberOfFrames") or 1) > MOST_FRAMES:
        raise BadImage("too_large")


def measure_fragments(file: BinaryIO, start: int, end: int) -> None:
    """Walk over the items of encapsulated pixels up to their delimiter [PS3.5 A.4], reading eight bytes of each."""
    place, fragments = start, -1  # the first item is the offset table
    while True:
        file.seek(place)
        item = file.read(8)
        if len(item) < 8:
            raise BadImage("truncated")
        group, element, length = struct.unpack("<HHL", item)
        if (group, element) == (0xFFFE, 0xE0DD):
            break
        if (group, element) != (0xFFFE, 0xE000):
            raise BadImage("damaged")
        place += 8 + length
        fragments += 1
        if place > end:
            raise BadImage("truncated")
    if fragments < 1:
        raise BadImage("no_pixels")


def header_from(header: Dataset, syntax: uid.UID) -> Header:
    """Gather what we keep; a value that makes no sense is left out, it does not cost the image."""
    return Header(
        study_uid=str(header.StudyInstanceUID),
        series_uid=str(header.SeriesInstanceUID),
        sop_uid=str(header.SOPInstanceUID),
        sop_class=text(header, "SOPClassUID", 64),
        syntax=str(syntax),
        modality=text(header, "Modality", 16).upper(),
        study_on=day(header, "StudyDate"),
        study_description=text(header, "StudyDescription", 200),
        series_description=text(header, "SeriesDescription", 200),
        series_number=number(header, "SeriesNumber"),
        body_part=text(header, "BodyPartExamined", 64),
        instance_number=number(header, "InstanceNumber"),
        position=position(header),
        rows=int(header.Rows),
        columns=int(header.Columns),
        frames=max(1, int(header.get("NumberOfFrames") or 1)),
        burned_in=burned_in(header),
        patient_name=text(header, "PatientName", 200),
        patient_number=text(header, "PatientID", 64),
        birth_on=day(header, "PatientBirthDate"),
        sex={"M": "male", "F": "female", "O": "other"}.get(text(header, "PatientSex", 16).upper(), "unknown"),
        accession=text(header, "AccessionNumber", 64),
    )


def burned_in(header: Dataset) -> str:
    """Whether the patient's name may stand in the pixels: what the file says, else what such machines usually do."""
    said = text(header, "BurnedInAnnotation", 16).upper()
    if said in ("YES", "NO"):
        return "yes" if said == "YES" else ""
    kinds = text(header, "ImageType", 200).upper()
    captured = text(header, "SOPClassUID", 64).startswith(CAPTURE) or any(kind in kinds for kind in SCREENS)
    return "maybe" if captured or text(header, "Modality", 16).upper() in WRITE_ON_PICTURES else ""


def text(header: Dataset, name: str, longest: int) -> str:
    """One text value without control characters; PostgreSQL refuses NUL."""
    try:
        value = str(header.get(name) or "")
    except BROKEN:
        return ""
    return "".join(character for character in value if character.isprintable()).strip()[:longest]


def number(header: Dataset, name: str) -> int | None:
    """One whole number that fits a database integer."""
    try:
        value = int(header.get(name))
    except BROKEN:
        return None
    return value if abs(value) < 1 << 31 else None


def day(header: Dataset, name: str) -> date | None:
    """A DICOM date: YYYYMMDD, or the older YYYY.MM.DD."""
    try:
        return datetime.strptime(text(header, name, 16).replace(".", ""), "%Y%m%d").date()  # noqa: DTZ007 — a day
    except ValueError:
        return None


def position(header: Dataset) -> float | None:
    """Place along the normal of the image plane, in mm [PS3.3 C.7.6.2]."""
    try:
        cosines = np.array(header.ImageOrientationPatient, dtype=float)
        place = float(np.dot(np.cross(cosines[:3], cosines[3:6]), np.array(header.ImagePositionPatient, dtype=float)))
    except BROKEN:
        return None
    return round(place, 3) if np.isfinite(place) else None
