"""The tables of this module, gathered for Django."""

from huizhen.records.consent.models import Consent
from huizhen.records.documents.models import Document
from huizhen.records.imaging.models import (
    ImagingImport,
    ImagingInstance,
    ImagingReading,
    ImagingSeries,
    ImagingStudy,
    ImportProblem,
    KeyImage,
)
from huizhen.records.pacs.models import Pacs, Transfer
from huizhen.records.patients.models import Guardian, Patient, PatientCorrection

__all__ = [
    "Consent",
    "Document",
    "Guardian",
    "ImagingImport",
    "ImagingInstance",
    "ImagingReading",
    "ImagingSeries",
    "ImagingStudy",
    "ImportProblem",
    "KeyImage",
    "Pacs",
    "Patient",
    "PatientCorrection",
    "Transfer",
]
