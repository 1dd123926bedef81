"""What consent for one case opens to experts and the centre: that case's material, for as long as that consent holds."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from huizhen.consult.joint.models import Application
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests import large
from huizhen.kernel import outbox
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.imaging.models import ImagingSeries

pytestmark = pytest.mark.django_db


@dataclass
class Two:
    """Two consultations of one patient with the same experts, each with a document and a study, and a document that
    was laid before neither."""

    first: Application
    second: Application
    neither: UUID

    def of(self, application: Application) -> tuple[UUID, UUID]:
        """Its document and its series."""
        paper = application.materials.filter(document__isnull=False).order_by("added_at", "id").first()
        study_id = application.materials.get(study__isnull=False).study_id
        return paper.document_id, ImagingSeries.objects.get(study_id=study_id, number=0).id


@pytest.fixture
def two(cast):
    found = Two(make.reviewing(cast), make.reviewing(cast), make.make_document(cast))
    for one in (found.first, found.second):
        large.add_material(cast, one)
    return found


def withdraw(cast, application):
    [consent] = [one for one in list_consents(cast.patient.id) if one.case_id == application.case_id]
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))


def addresses(two, application):
    """The pages on which the material of a case is read, as its page links them."""
    paper, series = two.of(application)
    case = f"?case={application.case_id}"
    return [f"/records/documents/{paper}/{case}", f"/records/documents/{paper}/file/{case}",
            f"/records/imaging/{series}/{case}", f"/records/imaging/{series}/stack.json"]  # fmt: skip


def statuses(client, places):
    return {place: client.get(place).status_code for place in places}


def test_a_withdrawn_consent_closes_its_case_although_another_one_of_the_patient_holds(cast, as_, two):
    first, second = addresses(two, two.first), addresses(two, two.second)
    outside = (cast.experts[1], cast.coordinator)
    for account in outside:
        assert set(statuses(as_(account), first + second).values()) == {200}
    withdraw(cast, two.first)
    for account in outside:
        client = as_(account)
        assert set(statuses(client, first).values()) == {404}
        assert set(statuses(client, second).values()) == {200}
        assert "化验单 3" not in client.get(f"/consult/joint/{two.first.case_id}/").content.decode()
        assert "化验单 3" in client.get(f"/consult/joint/{two.second.case_id}/").content.decode()
    for account in (cast.applicant, cast.patient_account):
        assert set(statuses(as_(account), first + second).values()) == {200}


def test_what_lies_before_both_is_closed_from_the_one_and_open_from_the_other(cast, as_, two):
    paper, _series = two.of(two.second)
    two.first.materials.create(document_id=paper, added_by=cast.applicant, added_at=cast.at)
    withdraw(cast, two.first)
    client, where = as_(cast.experts[1]), f"/records/documents/{paper}/"
    found = statuses(client, [f"{where}?case={two.first.case_id}", f"{where}?case={two.second.case_id}", where])
    assert list(found.values()) == [404, 200, 200]


def test_what_was_laid_before_no_case_stays_closed_to_all_but_the_own_hospital(cast, as_, two):
    where = [f"/records/documents/{two.neither}/", f"/records/documents/{two.neither}/file/",
             f"/records/documents/{two.neither}/?case={two.first.case_id}"]  # fmt: skip
    listed = f"/records/patients/{cast.patient.id}/"
    paper, _series = two.of(two.first)
    for account, code in ((cast.experts[1], 404), (cast.coordinator, 404), (cast.applicant, 200),
                          (cast.patient_account, 200)):  # fmt: skip
        client = as_(account)
        assert set(statuses(client, where).values()) == {code}
        record = client.get(listed).content.decode()
        assert (str(two.neither) in record) == (code == 200)
        assert str(paper) in record
        timeline = client.get(f"{listed}timeline/").content.decode()
        assert (str(two.neither) in timeline) == (code == 200)
