"""Synthetic imaging for the demonstration and for tests: a chest CT computed from ellipses, no real person's.

The phantom has a body with a layer of fat, two lungs with vessels, heart, aorta, spine, ribs and one nodule in the
right upper lobe. Everything follows from the arguments: the same arguments give the same bytes and the same UIDs.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

FIELD = 360.0  # mm shown across the image
AIR, LUNG, FAT, MUSCLE, BLOOD, VESSEL, BONE, NODULE = -1000, -860, -95, 50, 45, 20, 650, 25


@dataclass(frozen=True)
class Person:
    """Whose name stands in the headers."""

    name: str
    number: str
    birth_on: date
    sex: str


@dataclass(frozen=True)
class ChestCT:
    """A chest CT to be computed. `seed` makes another study of the same kind; sizes in pixels and mm."""

    person: Person
    taken_on: date
    seed: str = "demonstration"
    slices: int = 80
    size: int = 256
    thickness: float = 3.0
    nodule_mm: float = 14.0

    def uid(self, *parts: object) -> str:
        """A UID that depends on nothing but these parts."""
        return str(generate_uid(entropy_srcs=["huizhen-sample", self.seed, *map(str, parts)]))


def ellipse(x: NDArray, y: NDArray, center: tuple[float, float], radii: tuple[float, float]) -> NDArray[np.bool_]:
    """Which points lie inside an ellipse; all in mm."""
    return ((x - center[0]) / radii[0]) ** 2 + ((y - center[1]) / radii[1]) ** 2 <= 1


def slice_values(ct: ChestCT, index: int) -> NDArray[np.int16]:
    """One slice in Hounsfield units, shape (size, size); index 0 is the lowest."""
    axis = (np.arange(ct.size) + 0.5) / ct.size * FIELD - FIELD / 2
    x, y = np.meshgrid(axis, axis)
    height = index / max(1, ct.slices - 1)  # 0 at the diaphragm, 1 at the apex
    values = np.full(x.shape, AIR, dtype=np.float32)
    values[ellipse(x, y, (0, 0), (165, 115))] = FAT
    values[ellipse(x, y, (0, 0), (150, 101))] = MUSCLE
    add_lungs(values, x, y, height)
    add_middle(values, x, y, height)
    add_bones(values, x, y, height)
    add_nodule(values, ct, x, y, index)
    noise = np.random.default_rng([index, *ct.seed.encode()]).normal(0, 12, x.shape)
    return np.clip(values + noise, -1024, 3071).astype(np.int16)


def lung_radii(height: float) -> tuple[float, float]:
    """Lungs are wide at the bottom and narrow at the top; mm."""
    narrowing = float(np.sqrt(max(0.05, 1 - (height * 0.92) ** 2)))
    return 55 * narrowing, 80 * narrowing


def add_lungs(values: NDArray, x: NDArray, y: NDArray, height: float) -> None:
    """Both lungs, with round vessels that wander from slice to slice."""
    for side in (-1, 1):
        lung = ellipse(x, y, (side * 78, -3), lung_radii(height))
        values[lung] = LUNG
        for branch in range(9):
            angle = branch * 0.7 + height * 2
            away = 12 + branch * 5.2
            center = (side * (78 - 30 + away * abs(np.cos(angle))), -3 + away * np.sin(angle))
            radius = 4.2 - branch * 0.33
            values[lung & ellipse(x, y, center, (radius, radius))] = VESSEL


def add_middle(values: NDArray, x: NDArray, y: NDArray, height: float) -> None:
    """Heart in the lower half, aorta and trachea."""
    if height < 0.55:
        grown = float(np.sqrt(max(0.0, 1 - ((height - 0.22) / 0.36) ** 2)))
        values[ellipse(x, y, (22, -28), (52 * grown + 1, 42 * grown + 1))] = BLOOD
    values[ellipse(x, y, (18, 38), (12, 12))] = BLOOD
    if height > 0.45:
        values[ellipse(x, y, (0, 8), (9, 8))] = AIR


def add_bones(values: NDArray, x: NDArray, y: NDArray, height: float) -> None:
    """Vertebra with its canal, breastbone, and the cuts through the ribs."""
    values[ellipse(x, y, (0, 62), (20, 17))] = BONE * 0.45
    values[ellipse(x, y, (0, 62), (20, 17)) & ~ellipse(x, y, (0, 62), (17, 14))] = BONE
    values[ellipse(x, y, (0, 86), (9, 7))] = 30
    values[ellipse(x, y, (0, -93), (16, 5))] = BONE * 0.6
    for rib in range(12):
        angle = rib * np.pi / 6 + height * 9
        values[ellipse(x, y, (143 * np.cos(angle), 94 * np.sin(angle)), (7, 4))] = BONE


def add_nodule(values: NDArray, ct: ChestCT, x: NDArray, y: NDArray, index: int) -> None:
    """One ball in the right upper lobe: on the left of the picture, as one looks at a patient."""
    above = (index - 0.68 * ct.slices) * ct.thickness
    inside = (ct.nodule_mm / 2) ** 2 - above**2
    if inside > 0:
        radius = float(np.sqrt(inside))
        values[ellipse(x, y, (-92, -14), (radius, radius))] = NODULE


def chest_ct(ct: ChestCT) -> Iterator[tuple[str, bytes]]:
    """The DICOM files of the study, lowest slice first, as (file name, bytes)."""
    for index in range(ct.slices):
        yield f"IM{index + 1:04d}.dcm", dicom_file(ct, index)


def pack(images: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these files, as a hospital's export would be."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in images:
            archive.writestr(name, data)
    return buffer.getvalue()


def dicom_file(ct: ChestCT, index: int) -> bytes:
    """One slice as a DICOM file, Explicit VR little endian."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(ct.uid("image", index))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    describe_study(dataset, ct)
    describe_plane(dataset, ct, index)
    stored = slice_values(ct, index).astype(np.int32) + 1024
    dataset.PixelData = stored.astype("<u2").tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def describe_study(dataset: Dataset, ct: ChestCT) -> None:
    """Patient, study and series."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = ct.person.name, ct.person.number
    dataset.PatientBirthDate = f"{ct.person.birth_on:%Y%m%d}"
    dataset.PatientSex = {"male": "M", "female": "F"}.get(ct.person.sex, "O")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = ct.uid("study"), ct.uid("series")
    dataset.FrameOfReferenceUID = ct.uid("frame")
    dataset.StudyDate = f"{ct.taken_on:%Y%m%d}"
    dataset.StudyID, dataset.SeriesNumber, dataset.Modality = "1", 2, "CT"
    dataset.StudyDescription, dataset.SeriesDescription = "胸部CT平扫（合成数据）", "胸部 横断面（合成数据）"
    dataset.BodyPartExamined, dataset.Manufacturer = "CHEST", "Huizhen synthetic phantom"
    dataset.BurnedInAnnotation = "NO"


def describe_plane(dataset: Dataset, ct: ChestCT, index: int) -> None:
    """Where the slice lies, and how its numbers are to be read."""
    spacing = FIELD / ct.size
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, ct.uid("image", index)
    dataset.InstanceNumber = index + 1
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [-FIELD / 2, -FIELD / 2, round(index * ct.thickness, 3)]
    dataset.PixelSpacing, dataset.SliceThickness = [spacing, spacing], ct.thickness
    dataset.Rows = dataset.Columns = ct.size
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = [-600, 40], [1500, 400]
