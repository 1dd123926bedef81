"""Copies without identity: the Basic Application Level Confidentiality Profile of DICOM [PS3.15 Annex E].

The table is data. What is not in it and not needed to show the image is left out as a whole: a profile that keeps what
it knows is safer than one that removes what it knows. Pixels are not painted over: images with burnt-in names stay out.
No option of the profile is claimed, so nothing passes that it takes an option to keep, such as the patient's age.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import UID

from huizhen.kernel.crypto import mac
from huizhen.kernel.files import open_file
from huizhen.records.imaging.headers import BROKEN, burned_in
from huizhen.records.imaging.models import ImagingInstance

# The actions of table E.1-1: Z empty or a dummy; D a dummy; U a new identifier, the same for the same old one.
EMPTIED = (
    "AccessionNumber", "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "ReferringPhysicianName",
    "StudyDate", "StudyID", "StudyTime", "ContentDate", "ContentTime",
)  # fmt: skip
RENAMED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
# What it takes to show and measure: groups 0018 (acquisition, by name), 0028 (image) and the place in space.
KEPT = (
    "SOPClassUID", "ImageType", "Modality", "SeriesNumber", "InstanceNumber", "BodyPartExamined", "PatientPosition",
    "ImagePositionPatient", "ImageOrientationPatient", "SliceThickness", "SpacingBetweenSlices", "SliceLocation", "KVP",
    "ImagerPixelSpacing", "Laterality", "ImageLaterality", "ViewPosition", "AcquisitionNumber", "ScanOptions",
    "ConvolutionKernel", "RepetitionTime", "EchoTime", "MagneticFieldStrength", "NumberOfFrames",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "DimensionIndexSequence", "FrameTime",
)  # fmt: skip
WANTED = frozenset(map(Tag, KEPT))
# Words that people or machines choose, moments, addresses, and what has no type: none of it inside what is kept whole.
WORDS = frozenset(("PN", "LO", "LT", "ST", "UT", "UC", "UR", "SH", "DA", "DT", "TM", "AE", "AS", "UN"))
# What values mean once they are rescaled, in the defined terms [PS3.3 C.11.1.1.2]; whatever else stands there is words.
RESCALED = frozenset(("OD", "HU", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"))
PIXEL_GROUP, IMAGE_GROUP = 0x7FE0, 0x0028
METHOD = "Huizhen; DICOM PS3.15 Annex E Basic Profile"
PROFILE = ("113100", "DCM", "Basic Application Confidentiality Profile")  # CID 7050


class Outgoing(io.RawIOBase):
    """Where a zip is written that nobody keeps: what was written is taken away piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """Yes; it can neither be read nor wound back, so the zip is written for a stream."""
        return True

    def write(self, data: Any) -> int:
        """Keep a piece until it is taken."""
        self.pieces.append(bytes(data))
        return len(self.pieces[-1])

    def take(self) -> bytes:
        """What has been written since the last time."""
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def pack(study_id: UUID) -> Iterator[bytes]:
    """A zip of the study's images without identity, piece by piece: one image is in memory at a time, however many
    there are. `left-out.txt` counts what had to stay out."""
    out, left_out, number = Outgoing(), 0, 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for data in copies(study_id):
            if data is None:
                left_out += 1
                continue
            number += 1
            archive.writestr(f"IM{number:05d}.dcm", data)
            yield out.take()
        if left_out:
            archive.writestr("left-out.txt", f"{left_out} images may show names in their pixels and were left out.\n")
    yield out.take()


def copies(study_id: UUID) -> Iterator[bytes | None]:
    """Each image of a study without identity; None for one that may show names in its pixels or cannot be read."""
    found = ImagingInstance.objects.filter(series__study_id=study_id).select_related("file__content")
    for instance in found.order_by("series__number", "position", "number", "sop_uid").iterator(64):
        try:
            with open_file(instance.file) as file:
                dataset = dcmread(io.BytesIO(file.read()))
            yield None if burned_in(dataset) else written(clean(dataset))
        except BROKEN:
            yield None


def clean(dataset: Dataset) -> Dataset:
    """A data set with what the profile lets pass, and the marks that it was cleaned."""
    kept = only_known(dataset)
    for name in EMPTIED:
        setattr(kept, name, "")
    for name in RENAMED:
        if dataset.get(name):
            setattr(kept, name, other_uid(str(dataset.get(name))))
    kept.PatientIdentityRemoved = "YES"
    kept.DeidentificationMethod = METHOD
    kept.DeidentificationMethodCodeSequence = [profile()]
    kept.LongitudinalTemporalInformationModified = "REMOVED"
    kept.file_meta = meta_of(dataset, kept)
    return kept


def profile() -> Dataset:
    """The code of what was done."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = PROFILE
    return item


def meta_of(dataset: Dataset, kept: Dataset) -> FileMetaDataset:
    """The head of the file: what it takes to read it; neither who sent and received it nor what wrote it."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = kept.SOPClassUID, kept.SOPInstanceUID
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    return meta


def only_known(dataset: Dataset) -> Dataset:
    """The elements that are kept, sequences cleaned at every depth; private ones never."""
    kept = Dataset()
    for element in dataset:
        tag = element.tag
        if tag.is_private or not (tag in WANTED or passes(element)):
            continue
        kept[tag] = element
        if element.VR == "SQ":
            kept[tag].value = [inside(item) for item in element.value]
        elif element.VR == "UI" and tag not in WANTED:
            kept[tag].value = other_uid(str(element.value))
    return kept


def passes(element: DataElement) -> bool:
    """Whether an element belongs to the image itself: pixels, and how they are read; no words of the image group."""
    if element.tag.group == IMAGE_GROUP and element.VR in WORDS:
        return element.keyword == "RescaleType" and element.value in RESCALED
    return element.tag.group in (IMAGE_GROUP, PIXEL_GROUP)


def inside(item: Dataset) -> Dataset:
    """An item of a sequence that is kept: its numbers and codes, no texts, names, dates or identifiers of others."""
    cleaned = Dataset()
    for element in item:
        if element.tag.is_private or element.VR in WORDS or element.VR == "UI":
            continue
        if element.VR == "SQ":
            element.value = [inside(one) for one in element.value]
        cleaned[element.tag] = element
    return cleaned


def other_uid(uid: str) -> UID:
    """Another identifier for this one, always the same, that cannot be led back without our key [PS3.5 B.2]."""
    digest = mac(hashlib.sha256(uid.encode()).digest(), purpose="records.imaging.anonymous")
    return UID(f"2.25.{int.from_bytes(digest[:16], 'big')}")


def written(dataset: Dataset) -> bytes:
    """The bytes of a file."""
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()
