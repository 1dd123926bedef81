"""A saved version is an organisation's own: it reads the instruments of that organisation and below it, and no others."""

import re

import pytest

from huizhen.kernel.access import SYSTEM, NotVisible
from huizhen.lab.instruments import access, actions, asking, downloading, in_use, ports, queries, reading, replay
from huizhen.lab.instruments.intake import desk
from huizhen.lab.instruments.models import Instrument, OrderDownload, ProfileVersion, RawMessage, ResultRequest
from huizhen.lab.instruments.profile import shipped, shipped_text
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.tests.conftest import AT, received
from huizhen.lab.results.joining import match
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.tests.builders import make_lab
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_member, make_organisation

pytestmark = pytest.mark.django_db

SAYS = b"MSH|^~\\&|C|L|||1||OUL^R22|%d|P|2.5.1\rSPM|1|T-1\rOBR|1\rOBX|1|ST|SCOV||ValueNotSet|||Positive|||F\r"
FROM_FLAGS = '[value]\nfrom = ["OBX-8"]\n'
NEVER_ASKED = shipped_text("hl7").replace('by = "question"', 'by = ""')


@pytest.fixture
def group():
    return make_organisation("医联体", kind="group")


@pytest.fixture
def one(group):
    return stand(make_organisation("甲医院", parent=group))


@pytest.fixture
def other(group):
    return stand(make_organisation("乙医院", parent=group))


def stand(place, profile="hl7", name="PCR"):
    return Instrument.objects.create(organisation=place, name=name, profile=profile, address=f"{place.code}-{name}")


def staff(place):
    return get_actor(make_member("laboratory", place).account)


def save(instrument, *, owner=None, text="", actor=SYSTEM):
    """Look at a change of the profile in use and put it into use."""
    owner = owner or instrument.organisation
    current = in_use.get_profile(instrument)
    text = re.sub(r"(?m)^version = .*$", f"version = {current.version + 1}", text or shipped_text("hl7") + FROM_FLAGS)
    seen = access.access_replay(SYSTEM, instrument, text, owner.id).seen
    return actions.save_profile(instrument, text, owner=owner.id, seen=seen, actor=actor, at=AT)


def used(*instruments):
    """Whose version each is read by, and which."""
    found = [in_use.get_profile(instrument) for instrument in instruments]
    return [(profile.owner, profile.version) for profile in found]


def hear(instrument, number):
    [kept] = actions.keep_messages([received(instrument, SAYS % number)], at=AT)
    return kept.id


def test_the_other_hospital_is_read_as_before_and_its_messages_say_by_what(one, other):
    make_lab()
    first, second = hear(one, 1), hear(other, 2)
    save(one)
    match(at=AT)
    rows = RawMessage.objects.in_bulk([first, second])
    assert [rows[key].read_as for key in (first, second)] == [f"hl7@3:{one.organisation_id}", "hl7@2"]
    said = [queries.understand(rows[key])[0].readings[0].value for key in (first, second)]
    assert said == ["Positive", "ValueNotSet"]
    save(other)
    third = hear(other, 3)
    match(at=AT)
    assert RawMessage.objects.get(id=third).read_as == f"hl7@3:{other.organisation_id}"


def test_the_other_hospital_is_asked_as_before(one, other):
    waiting = actions.ask_again(one, "T-2", actor=SYSTEM, at=AT)
    save(one, text=NEVER_ASKED)
    assert [found.id for found in queries.list_askable([one.id, other.id])] == [other.id]
    with pytest.raises(Refused, match="not_asked"):
        actions.ask_again(one, "T-1", actor=SYSTEM, at=AT)
    request = actions.ask_again(other, "T-1", actor=SYSTEM, at=AT)
    known = {found.id: found for found in desk._load()}
    payload = asking.write(request, known[other.id].profile, other.organisation_id, lambda: "N-1", at=AT)
    assert b"T-1" in payload
    assert known[one.id].profile.asks == ""
    assert ResultRequest.objects.exclude(id=waiting.id).get().id == request.id


def test_what_is_named_in_broken_messages_and_what_a_resend_answers_goes_by_the_own_version(one, other):
    for instrument in (one, other):
        actions.ask_again(instrument, "T-9", actor=SYSTEM, at=AT)
        hear(instrument, 1)
        hear(instrument, 1)  # sent again: an answer, where it names the specimen
        RawMessage.objects.filter(instrument=instrument).update(state="set_aside")
    elsewhere = shipped_text("hl7") + '[specimen]\nfrom = ["OBX-3"]\n'
    save(one, text=elsewhere)
    before = AT.replace(year=2025)
    assert [queries.list_named(each.id, before) for each in (one, other)] == [["SCOV"], ["T-1"]]
    for instrument, specimen in ((one, "SCOV"), (other, "T-1")):
        ResultRequest.objects.filter(instrument=instrument).update(specimen=specimen)
    assert actions.end_requests(at=AT) == 2
    assert set(ResultRequest.objects.values_list("why", flat=True)) == {"same_again"}


def test_the_other_hospitals_lines_and_orders_stay_as_they_are(one, other):
    before = {found.id: found for found in desk._load()}
    save(one, text=shipped_text("hl7") + '[link]\nframing = "mllp2"\n[orders.codes]\nGLU = "G-77"\n')
    after = {found.id: found for found in desk._load()}
    assert after[other.id] == before[other.id], "its line is not even opened anew"
    assert after[other.id].profile is shipped("hl7")
    assert after[one.id].profile.link["framing"] == "mllp2"
    download = downloading.prepare(one, [ports.Order("T-1", "GLU")], AT)
    sent = {key: downloading.write(download, found.profile, lambda: "N-1", at=AT) for key, found in after.items()}
    assert [b"G-77" in sent[each.id] for each in (one, other)] == [True, False]


def test_the_other_hospitals_orders_are_called_off_as_before():
    labs = [make_lab(), make_lab()]
    machines = [stand(lab.laboratory) for lab in labs]
    Instrument.objects.update(wants_orders=True)
    save(machines[0], text=shipped_text("hl7") + '[orders]\ncancel = ""\n')
    for number, (lab, machine) in enumerate(zip(labs, machines, strict=True)):
        tube = lab.collect()
        box = specimens.seal_box(lab.site, code=f"BOX-{number}", barcodes=[tube.barcode], actor=lab.collector, at=AT)
        specimens.receive_box(box, barcodes=[tube.barcode], actor=lab.bench, at=AT)
        actions.send_orders(lab.laboratory.id, [tube.barcode], at=AT)
        assert len(actions.claim_downloads([machine.id], at=AT)) == 1
        specimens.void_tube(tube.id, actor=lab.bench, at=AT, reason="spilt")
        assert actions.call_off(lab.laboratory.id, [tube.barcode], at=AT) == 1
    called_off = OrderDownload.objects.filter(cancels__isnull=False)
    assert list(called_off.values_list("instrument_id", flat=True)) == [machines[1].id]


def test_the_nearest_organisation_wins_then_those_above_it_then_the_product(group, one, other):
    ward = make_organisation("检验科", kind="department", parent=one.organisation)
    inside, outside = stand(ward), stand(make_organisation("丙医院"))
    everybody = (inside, one, other, outside)
    save(one, owner=group)
    assert used(*everybody) == [(group.id, 3), (group.id, 3), (group.id, 3), (None, 2)]
    save(one)
    hospital = one.organisation_id
    assert used(*everybody) == [(hospital, 4), (hospital, 4), (group.id, 3), (None, 2)]
    save(inside)
    assert used(*everybody) == [(ward.id, 5), (hospital, 4), (group.id, 3), (None, 2)]
    assert [in_use.count_read_by(place, "hl7") for place in (group.id, hospital, ward.id)] == [1, 1, 1]
    assert in_use.count_read_by(outside.organisation_id, "hl7") == 1
    assert in_use.count_read_by(other.organisation_id, "astm") == 0


def test_versions_are_counted_for_each_organisation_and_name(one, other):
    assert [save(one).version, save(one).version, save(other).version] == [3, 4, 3]
    own = stand(one.organisation, "astm", "Chem")
    assert save(own, text=shipped_text("astm")).version == 3
    rows = ProfileVersion.objects.order_by("organisation__name", "name", "version")
    assert list(rows.values_list("organisation_id", "name", "version")) == [
        (other.organisation_id, "hl7", 3),
        (one.organisation_id, "astm", 3), (one.organisation_id, "hl7", 3), (one.organisation_id, "hl7", 4),
    ]  # fmt: skip


def test_two_hospitals_may_have_a_profile_of_the_same_name_that_the_product_does_not_know(one, other):
    for instrument, test in ((one, "OBX-3"), (other, "OBX-2")):
        text = f'name="own"\nversion=1\ntitle="{instrument.organisation}"\nprotocol="hl7"\n[test]\nfrom="{test}"\n'
        place = instrument.organisation
        ProfileVersion.objects.create(organisation=place, name="own", version=1, text=text, made_at=AT)
        instrument.profile = "own"
        assert actions.save_instrument(instrument, actor=SYSTEM, at=AT).profile == "own"
    said = [reading.read(SAYS % 1, in_use.get_profile(instrument)).readings[0].test for instrument in (one, other)]
    assert said == ["SCOV", "ST"]
    stranger = stand(make_organisation("丙医院"))
    stranger.profile = "own"
    with pytest.raises(Refused, match="profile: unknown"):
        actions.save_instrument(stranger, actor=SYSTEM, at=AT)
    titles = [dict(in_use.list_choices([each.organisation_id])).get("own") for each in (one, other, stranger)]
    assert titles == ["甲医院", "乙医院", None]
    both = in_use.list_choices([stranger.organisation_id, one.organisation_id])
    assert len(both) == len(in_use.list_choices([stranger.organisation_id])) + 1


def test_a_version_is_made_only_for_those_whose_instruments_one_looks_after(group, one, other):
    mine, lead = staff(one.organisation), staff(group)
    assert access.list_owners(mine, one) == [one.organisation_id]
    assert access.list_owners(lead, one) == [one.organisation_id, group.id]
    for owner in (group, other.organisation, make_organisation()):
        with pytest.raises(NotVisible):
            save(one, owner=owner, actor=mine)
    with pytest.raises(NotVisible):
        save(one, owner=other.organisation, actor=lead)
    assert not ProfileVersion.objects.exists()
    assert access.usual_owner(lead, one) == one.organisation_id
    save(one, owner=group, actor=lead)
    assert (access.usual_owner(lead, one), access.usual_owner(mine, one)) == (group.id, one.organisation_id)
    save(one, actor=mine)
    assert access.list_owners(lead, one) == [one.organisation_id], "above that it would not hold"
    with pytest.raises(Refused, match="seen: other"):
        save(one, owner=group, actor=lead)


def test_what_was_looked_at_for_one_organisation_is_not_put_into_use_for_another(group, one):
    text = shipped_text("hl7").replace("version = 2", "version = 3")
    seen = access.access_replay(SYSTEM, one, text, one.organisation_id).seen
    assert seen == replay.name_seen([], shipped("hl7"), text, one.organisation_id)
    with pytest.raises(Refused, match="seen: other"):
        actions.save_profile(one, text, owner=group.id, seen=seen, actor=SYSTEM, at=AT)


def test_a_batch_of_many_hospitals_looks_its_profiles_up_in_one_statement(one, other, django_assert_max_num_queries):
    machines = [one, other, *(stand(make_organisation(), name, name) for name in ("hl7", "astm", "pcr-sheet"))]
    save(one)
    with django_assert_max_num_queries(2):  # the other asks whether the tree of organisations has changed
        found = in_use.InUse(machines)
        assert [found.of(machine).version for machine in machines[:2]] == [3, 2]
        assert all(found.of(machine) for machine in machines)
