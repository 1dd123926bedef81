"""A copy without identity holds what the Basic Profile lets pass [PS3.15 table E.1-1], and claims no more than that."""

import io

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from huizhen.records.imaging import anonymous
from huizhen.records.imaging.tests.real import real

WORD = "ZHOUGUILAN"
# Of what table E.1-1 removes (X), each with a value that would be found again in the copy.
REMOVED = {
    "PatientAge": "068Y", "PatientSize": 1.61, "PatientWeight": 61.5, "PatientAddress": WORD, "PatientComments": WORD,
    "OtherPatientIDs": WORD, "OtherPatientNames": WORD, "EthnicGroup": WORD, "Occupation": WORD,
    "AdditionalPatientHistory": WORD, "MedicalAlerts": WORD, "PregnancyStatus": 4, "SmokingStatus": "YES",
    "InstitutionName": WORD, "InstitutionAddress": WORD, "InstitutionalDepartmentName": WORD, "StationName": WORD,
    "PerformingPhysicianName": WORD, "OperatorsName": WORD, "RequestingPhysician": WORD, "DeviceSerialNumber": WORD,
    "DeviceUID": "1.2.3.4.555.77", "ProtocolName": WORD, "StudyDescription": WORD, "SeriesDescription": WORD,
    "ImageComments": WORD, "ImagePresentationComments": WORD, "DerivationDescription": WORD, "AcquisitionDate":
    "20260102", "AcquisitionTime": "101112", "AcquisitionDateTime": "20260102101112", "SeriesDate": "20260102",
    "SeriesTime": "101112", "InstanceCreationDate": "20260102", "InstanceCreatorUID": "1.2.3.4.555.78",
    "AdmissionID": WORD, "RequestedProcedureDescription": WORD, "IrradiationEventUID": "1.2.3.4.555.79",
    "SourceApplicationEntityTitle": WORD, "PerformedProcedureStepID": WORD, "TimezoneOffsetFromUTC": "+0800",
}  # fmt: skip
# Words and addresses that may stand in the image group, which passes otherwise.
WORDS = {
    "WindowCenterWidthExplanation": WORD, "PixelSpacingCalibrationDescription": WORD, "PartialViewDescription": WORD,
    "FrameOfInterestDescription": WORD, "MaskOperationExplanation": WORD, "PixelDataProviderURL": f"http://{WORD}/1",
}  # fmt: skip
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


@pytest.fixture
def original():
    dataset = dcmread(io.BytesIO(real("CT_small.dcm")))
    for name, value in {**REMOVED, **WORDS}.items():
        if name != "SourceApplicationEntityTitle":
            setattr(dataset, name, value)
    dataset.PatientName = dataset.PatientID = dataset.AccessionNumber = WORD
    dataset.PaletteColorLookupTableUID = "1.2.3.4.555.80"
    lut = Dataset()
    lut.LUTExplanation, lut.LUTDescriptor, lut.LUTData = WORD, [2, 0, 16], b"\0\0\1\0"
    dataset.VOILUTSequence = [lut]
    for name in ("Source", "Sending", "Receiving"):
        setattr(dataset.file_meta, f"{name}ApplicationEntityTitle", WORD)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


@pytest.fixture
def copy(original):
    uids = {name: str(original[name].value) for name in UIDS}
    data = anonymous.written(anonymous.clean(original))
    found = dcmread(io.BytesIO(data))
    found.source, found.bytes = uids, data
    return found


def test_the_profile_is_claimed_by_its_code_and_no_option_is(copy):
    [claimed] = copy.DeidentificationMethodCodeSequence
    assert (claimed.CodeValue, claimed.CodingSchemeDesignator) == ("113100", "DCM")
    assert claimed.CodeMeaning == "Basic Application Confidentiality Profile"
    assert copy.PatientIdentityRemoved == "YES"
    assert copy.LongitudinalTemporalInformationModified == "REMOVED"


@pytest.mark.parametrize("name", [*REMOVED, *WORDS])
def test_what_the_profile_removes_is_gone(copy, name):
    assert name not in copy
    assert name not in copy.file_meta


def test_no_word_address_or_identifier_of_the_original_stands_in_the_file(copy):
    assert WORD.encode() not in copy.bytes
    assert b"1.2.3.4.555." not in copy.bytes
    assert not [uid for uid in copy.source.values() if uid.encode() in copy.bytes]
    assert not [one for one in copy.iterall() if one.tag.is_private]


def test_what_the_profile_empties_is_empty_and_identifiers_are_others(copy):
    assert not [name for name in anonymous.EMPTIED if str(copy[name].value)]
    assert all(copy[name].value == anonymous.other_uid(uid) for name, uid in copy.source.items())
    assert copy.PaletteColorLookupTableUID == anonymous.other_uid("1.2.3.4.555.80")
    assert all(UID(copy[name].value).is_valid for name in UIDS)


def test_the_image_is_still_whole(copy, original):
    assert (copy.pixel_array == original.pixel_array).all()
    assert copy.RescaleSlope == original.RescaleSlope
    assert list(copy.PixelSpacing) == list(original.PixelSpacing)
    assert copy.VOILUTSequence[0].LUTDescriptor == [2, 0, 16]


@pytest.mark.parametrize(("said", "kept"), [("HU", True), (WORD, False)])
def test_what_values_mean_passes_in_defined_terms_alone(original, said, kept):
    original.RescaleType = said
    assert ("RescaleType" in anonymous.clean(original)) is kept


def test_nothing_is_claimed_of_pixels_that_the_original_does_not_say(original):
    assert "BurnedInAnnotation" not in original
    assert "BurnedInAnnotation" not in anonymous.clean(original)
    original.BurnedInAnnotation = "NO"
    assert anonymous.clean(original).BurnedInAnnotation == "NO"
