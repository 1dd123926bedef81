"""Orders that an instrument got and that are not to be tested after all are called off where they were sent."""

from datetime import timedelta
from uuid import uuid4

import pytest

from huizhen.kernel import outbox
from huizhen.lab.instruments import actions, downloading, effects, fakes
from huizhen.lab.instruments.codecs import astm_records, hl7
from huizhen.lab.instruments.fakes.answering import _asked_in
from huizhen.lab.instruments.models import Instrument, OrderDownload, ProfileVersion
from huizhen.lab.instruments.profile import shipped
from huizhen.lab.specimens import access
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.tests.builders import AT

pytestmark = pytest.mark.django_db
DEAF = 'name="deaf"\nversion=1\nprotocol="astm"\n[orders]\ncancel=""\n'


def stand(lab, profile):
    return Instrument.objects.create(
        organisation=lab.laboratory, name=profile, profile=profile, address=profile, wants_orders=True
    )


def received(lab, count):
    tubes = [lab.collect() for _ in range(count)]
    codes = [tube.barcode for tube in tubes]
    box = specimens.seal_box(lab.site, code=f"BOX-{uuid4().hex[:8]}", barcodes=codes, actor=lab.collector, at=AT)
    specimens.receive_box(box, barcodes=codes, actor=lab.bench, at=AT)
    return tubes


def mix(lab, tubes, barcode="MIX-01"):
    given = {"barcode": barcode, "tubes": [tube.barcode for tube in tubes], "capacity": 5}
    return specimens.mix_tubes(access.access_mixing(lab.bench), **given, actor=lab.bench, at=AT)


def send(instrument, *, arrived=True):
    """What the intake process does: the specimens of each message that goes over the line, with what it is for."""
    outbox.run_pending(AT)
    sent = actions.claim_downloads([instrument.id], at=AT)
    for one in sent:
        actions.note_download(one.id, arrived=arrived)
    return [(one.specimen, one.cancels_id is not None) for one in sent]


def states(barcode):
    return list(OrderDownload.objects.filter(specimen=barcode).order_by("id").values_list("state", flat=True))


def test_single_tubes_that_are_mixed_are_called_off_and_sent_anew_when_they_are_free_again(lab):
    machine = stand(lab, "astm")
    one, two = received(lab, 2)
    assert send(machine) == [(one.barcode, False), (two.barcode, False)]
    pool = mix(lab, [one, two])
    assert sorted(send(machine)) == sorted([(pool.barcode, False), (one.barcode, True), (two.barcode, True)])
    effects.call_off({"laboratory": str(lab.laboratory.id), "barcodes": [one.barcode, two.barcode]})
    assert send(machine) == [], "called off once"
    specimens.void_tube(pool.id, actor=lab.bench, at=AT, reason="spilt")
    assert sorted(send(machine)) == sorted([(pool.barcode, True), (one.barcode, False), (two.barcode, False)])
    effects.call_off({"laboratory": str(lab.laboratory.id), "barcodes": [one.barcode]})
    assert send(machine) == [], "they are ordered again: an old event calls nothing off"
    assert states(one.barcode) == ["called_off", "sent", "sent"]


def test_what_was_not_sent_yet_is_not_sent_and_what_is_on_its_way_is_called_off_behind_it(lab):
    machine = stand(lab, "hl7")
    one, two = received(lab, 2)
    outbox.run_pending(AT)
    pool = mix(lab, [one, two])
    assert send(machine) == [(pool.barcode, False)]
    three, four = received(lab, 2)
    outbox.run_pending(AT)
    on_their_way = actions.claim_downloads([machine.id], at=AT)
    mix(lab, [three, four], "MIX-02")
    assert sorted(send(machine)) == sorted([("MIX-02", False), (three.barcode, True), (four.barcode, True)])
    for download in on_their_way:
        actions.note_download(download.id, arrived=False)
    assert states(three.barcode) == ["called_off", "sent"], "not tried again"
    assert actions.claim_downloads([machine.id], at=AT + timedelta(hours=1)) == []


def test_a_tube_given_up_and_an_old_label_are_called_off_too_where_the_device_understands_it(lab):
    ProfileVersion.objects.create(organisation=lab.laboratory, name="deaf", version=1, text=DEAF, made_at=AT)
    machine, deaf = stand(lab, "astm"), stand(lab, "deaf")
    spilt, wrong, good = received(lab, 3)
    assert len(send(machine)) == len(send(deaf)) == 3
    specimens.void_tube(spilt.id, actor=lab.bench, at=AT, reason="spilt")
    specimens.rebind_tube(wrong.id, "RIGHT-001", actor=lab.bench, at=AT)
    assert sorted(send(machine)) == sorted([(spilt.barcode, True), (wrong.barcode, True), ("RIGHT-001", False)])
    assert send(deaf) == [("RIGHT-001", False)]
    assert states(good.barcode) == ["sent", "sent"]


@pytest.mark.parametrize(("protocol", "place", "said"), [("hl7", ("ORC", 1), "CA"), ("astm", ("O", 12), "C")])
def test_calling_off_names_specimen_and_test_in_the_instruments_language(lab, protocol, place, said):
    machine = stand(lab, protocol)
    one, two = received(lab, 2)
    send(machine)
    mix(lab, [one, two])
    outbox.run_pending(AT)
    [download] = OrderDownload.objects.filter(specimen=one.barcode, cancels__isnull=False)
    payload = downloading.write(download, shipped(protocol), lambda: "ID-1", at=AT)
    assert one.barcode.encode() in payload
    assert b"NCOV" in payload
    if protocol == "hl7":
        message = hl7.parse(payload)
        assert message.raw(message.header, 9) == "OML^O33^OML_O33"
        assert message.raw(message.first(place[0]), place[1]) == said
    else:
        [order] = [record for record in astm_records.parse(payload).records if record[0] == place[0]]
        assert order[place[1] - 1] == said
        assert _asked_in(payload) == "", "the simulated instrument runs nothing"
        assert _asked_in(fakes.astm_message([one.barcode])) == one.barcode
