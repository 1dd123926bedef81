"""The tables of this module, gathered for Django."""

from huizhen.records.consent.models import Consent
from huizhen.records.documents.models import Document, StraightPicture
from huizhen.records.emergency.models import EmergencyAccess
from huizhen.records.fhir.models import FhirExport, FhirImport, FhirPiece
from huizhen.records.imaging.models import (
    EarlyLook,
    ImagingImport,
    ImagingInstance,
    ImagingReading,
    ImagingSeries,
    ImagingStudy,
    ImportProblem,
    KeyImage,
)
from huizhen.records.measures.models import Measurement
from huizhen.records.medicines.models import Medicine, MedicineCorrection
from huizhen.records.merging.models import Likeness, Merge
from huizhen.records.pacs.arrivals.models import (
    Arrival,
    ArrivedImage,
    HospitalNumber,
    Station,
    TurnedAway,
    UnknownCaller,
)
from huizhen.records.pacs.models import Pacs, Transfer
from huizhen.records.patients.models import Guardian, Patient, PatientCorrection
from huizhen.records.transcripts.models import DocumentWords, Transcript, TranscriptVersion

__all__ = [
    "Arrival",
    "ArrivedImage",
    "Consent",
    "Document",
    "DocumentWords",
    "EarlyLook",
    "EmergencyAccess",
    "FhirExport",
    "FhirImport",
    "FhirPiece",
    "Guardian",
    "HospitalNumber",
    "ImagingImport",
    "ImagingInstance",
    "ImagingReading",
    "ImagingSeries",
    "ImagingStudy",
    "ImportProblem",
    "KeyImage",
    "Likeness",
    "Measurement",
    "Medicine",
    "MedicineCorrection",
    "Merge",
    "Pacs",
    "Patient",
    "PatientCorrection",
    "Station",
    "StraightPicture",
    "Transcript",
    "TranscriptVersion",
    "Transfer",
    "TurnedAway",
    "UnknownCaller",
]
