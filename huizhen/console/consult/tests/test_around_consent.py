"""Nothing around consent for a case: what it closes is closed on every page, and what it opens can be worked with."""

import pytest

from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests import large
from huizhen.records.imaging import access as imaging
from huizhen.records.imaging.models import ImagingSeries
from huizhen.records.measures.access import may_draw, sees_all

pytestmark = pytest.mark.django_db


def test_a_study_brought_for_one_case_and_laid_before_another_is_worked_with_in_both(cast, as_):
    first, second = make.reviewing(cast), make.reviewing(cast)
    large.add_material(cast, second)
    study = second.materials.get(study__isnull=False).study
    study.case_id = first.case_id
    study.save(update_fields=["case"])
    third = make.reviewing(cast)
    expert = cast.actor(cast.experts[1])
    for application, works in ((first, True), (second, True), (third, False)):
        key = application.case_id
        found = (imaging.may_mark(expert, study, key), may_draw(expert, study, key), sees_all(expert, study, key))
        assert set(found) == {works}
    series = ImagingSeries.objects.get(study=study, number=0)
    page = as_(cast.experts[1]).get(f"/records/imaging/{series.id}/?case={second.case_id}").content.decode()
    assert "data-marks" in page
