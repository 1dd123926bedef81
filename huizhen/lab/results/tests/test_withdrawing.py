"""A released value taken back: a version that says so, in every place that showed the old one."""

import io
import json

import pytest
from django.utils import translation
from pypdf import PdfReader

from huizhen.kernel import outbox
from huizhen.kernel.notify.models import Notification
from huizhen.lab.histories.rules import words
from huizhen.lab.instruments.codecs import hl7
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting import formats, queries, sheet
from huizhen.lab.reporting.models import Delivery, Upstream
from huizhen.lab.results import actions
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.tests.builders import LATER, reading
from huizhen.people.tests.builders import make_account, make_member
from huizhen.records.patients.models import Patient

pytestmark = pytest.mark.django_db


def told():
    outbox.run_pending(LATER)
    return set(Notification.objects.values_list("kind", "account_id"))


def withdraw(lab, row, reason="tubes swapped"):
    return actions.withdraw(row.id, reason=reason, actor=lab.bench, at=LATER)


def refused(act, *args, **given):
    with pytest.raises(Refused) as caught:
        act(*args, **given)
    assert set(caught.value.errors.values()) <= SENTENCES.keys()
    return caught.value.errors


def test_what_is_withdrawn_is_a_version_and_everybody_who_saw_the_old_one_is_told(lab):
    doctor, family = make_member("applicant", lab.home).account, make_account()
    tube = lab.collect(panel="CBC", doctor=str(doctor.id))
    [old] = lab.take(reading(tube, "140", "HGB"))
    Patient.objects.filter(id=old.patient_id).update(account=family)
    assert refused(withdraw, lab, old, reason=" ") == {"reason": "missing"}
    new = withdraw(lab, old)
    assert (new.series, new.version, new.value, new.finding, new.correction) == (old.series, 2, "", 90, "tubes swapped")
    assert Observation.objects.get(id=old.id).value == "140"
    assert list(Released.objects.order_by("version").values_list("finding", flat=True)) == [10, 90]
    assert told() == {("lab.results.withdrawn", doctor.id), ("lab.results.mine_changed", family.id)}
    with translation.override("zh-hans"):
        assert words(new.finding)[0] == "这份结果已撤回。"
    for row in (old, new):
        assert refused(withdraw, lab, row) == {"status": "not_latest"}
    [again] = lab.take(reading(tube, "131", "HGB"))
    assert (again.version, again.status, again.reasons) == (3, "review", ["correction"])
    actions.release(again.id, actor=lab.bench, at=LATER)
    assert ("lab.results.corrected", doctor.id) in told()


def test_a_paper_says_in_words_what_was_withdrawn_and_none_is_made_where_nothing_stands(lab):
    tube = lab.collect(panel="CBC")
    first, second = lab.take(reading(tube, "140", "HGB"), reading(tube, "6.1", "WBC"))
    patient = tube.persons.get().patient
    withdraw(lab, first)
    for language, said in (("zh-hans", "已撤回"), ("en", "Withdrawn")):
        printed = actions.print_report(tube, patient, language=language, actor=lab.bench, at=LATER)
        text = PdfReader(io.BytesIO(printed.pdf)).pages[0].extract_text()
        assert (said in text, "140" in text, "6.1" in text) == (True, False, True), text
    withdraw(lab, second)
    given = {"language": "en", "actor": lab.bench, "at": LATER}
    assert refused(actions.print_report, tube, patient, **given) == {"report": "withdrawn"}


def test_a_platform_hears_of_it_in_its_own_words(lab):
    Upstream.objects.create(organisation=lab.laboratory, name="省平台", format="fhir", url="http://127.0.0.1:9/batches")
    [old] = lab.take(reading(lab.collect(), "Negative"))
    reporting.enlist(at=LATER)
    withdraw(lab, old)
    reporting.enlist(at=LATER)
    upstream = Upstream.objects.get()
    batch = reporting.claim(upstream.id, at=LATER)
    results = queries.list_reported(batch.id)
    assert sorted(one.version for one in results) == [1, 2]
    [one] = [result for result in results if result.version == 2]
    entry = json.loads(formats.write_fhir(batch.id, [one], at=LATER))["entry"][0]["resource"]
    assert (entry["status"], [key for key in entry if key.startswith("value")]) == ("entered-in-error", [])
    message = hl7.parse(formats.write_hl7(batch.id, [one], at=LATER).split(b"\r", 1)[1])
    line = message.first("OBX")
    assert (message.text(line, 5), message.text(line, 11)) == ("", "W")
    assert sheet.write_rows([one], ["value", "finding"]) == [["已撤回", "已撤回"]]
    assert Delivery.objects.count() == 2
