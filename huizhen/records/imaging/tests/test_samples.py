"""The synthetic chest CT: proper DICOM, the same every time, and it shows what it should."""

import io
from datetime import date

import numpy as np
import pytest

from huizhen.records.imaging.frames import read_frame, values
from huizhen.records.imaging.headers import read_header
from huizhen.records.imaging.samples import ChestCT, Person, chest_ct, dicom_file

CT = ChestCT(Person("演示^患者", "D-1", date(1950, 1, 1), "male"), date(2026, 1, 5), slices=25, size=128)


def test_the_slices_are_one_series_in_order():
    headers = [read_header(io.BytesIO(data)) for _name, data in chest_ct(CT)]
    assert len({header.study_uid for header in headers}) == len({header.series_uid for header in headers}) == 1
    assert len({header.sop_uid for header in headers}) == 25
    assert [header.position for header in headers] == [pytest.approx(3.0 * number) for number in range(25)]
    assert headers[0].patient_name == "演示^患者"


def test_the_same_request_gives_the_same_bytes_and_another_seed_another_study():
    assert dicom_file(CT, 3) == dicom_file(CT, 3)
    other = read_header(io.BytesIO(dicom_file(ChestCT(CT.person, CT.taken_on, seed="other"), 3)))
    assert other.study_uid != read_header(io.BytesIO(dicom_file(CT, 3))).study_uid


def test_the_nodule_is_soft_tissue_inside_a_lung_and_only_there():
    def at_nodule(index: int) -> float:
        shown = values(read_frame(io.BytesIO(dicom_file(CT, index)), 0))
        row, column = round((-14 / 360 + 0.5) * 128), round((-92 / 360 + 0.5) * 128)
        return float(np.mean(shown[row - 1 : row + 1, column - 1 : column + 1]))

    assert at_nodule(17) == pytest.approx(25, abs=40)
    assert at_nodule(8) < -700
