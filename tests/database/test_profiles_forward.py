"""Profiles saved when they were everybody's come to belong to organisations, and nobody is read otherwise by that."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.utils import IntegrityError

from huizhen.kernel import audit, ids
from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import in_use
from huizhen.lab.instruments.models import Instrument, ProfileVersion, RawMessage
from huizhen.lab.instruments.profile import shipped
from huizhen.lab.instruments.tests.test_own_profiles import AT, hear
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_account, make_organisation

pytestmark = pytest.mark.django_db

NAME = "0025_profiles_of_organisations"
TEXT = 'name="{}"\nversion={}\nprotocol="hl7"\n'
OLD = "INSERT INTO lab_profileversion (id, name, version, text, made_by_id, made_at) VALUES (%s, %s, %s, %s, %s, %s)"


@pytest.fixture
def before(db):
    """The tables as they were; call what is returned to migrate forward. All of it is undone after the test."""
    migration = import_module(f"huizhen.lab.migrations.{NAME}").Migration(NAME, "lab")
    state = MigrationLoader(connection).project_state(("lab", "0024_values_not_said_any_more"))
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor() as editor:
        migration.unapply(state.clone(), editor)

    def forward():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        with connection.schema_editor() as editor:
            migration.apply(state.clone(), editor)

    return forward


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def saved(name, *versions, by=None, at=AT):
    for version in versions:
        run(OLD, ids.new_id(), name, version, TEXT.format(name, version), by and by.id, at)


def stand(place, profile, name="PCR", **given):
    return Instrument.objects.create(
        organisation=place, name=name, profile=profile, address=f"{place.code}-{name}", **given
    )


def rows(name):
    return set(ProfileVersion.objects.filter(name=name).values_list("organisation_id", "version", "text"))


def test_each_that_has_such_an_instrument_gets_all_its_versions(before):
    one, two, three = (make_organisation() for _ in range(3))
    machines = [stand(one, "hl7"), stand(two, "hl7", is_active=False), stand(three, "astm"), stand(one, "own", "Chem")]
    saved("hl7", 3, 4)
    saved("own", 1)
    before()
    both = {(place.id, version, TEXT.format("hl7", version)) for place in (one, two) for version in (3, 4)}
    assert rows("hl7") == both
    assert rows("own") == {(one.id, 1, TEXT.format("own", 1))}
    read_by = [in_use.get_profile(machine) for machine in machines]
    assert [(found.name, found.version) for found in read_by] == [("hl7", 4), ("hl7", 4), ("astm", 2), ("own", 1)]
    assert in_use.InUse().at(three.id, "hl7") is shipped("hl7")
    with pytest.raises(IntegrityError, match="profile_version"):
        ProfileVersion.objects.create(organisation=one, name="hl7", version=4, text="", made_at=AT)


def test_what_nobody_uses_goes_to_who_saved_it_as_far_as_that_is_known(before):
    root = make_organisation(kind="group")
    named, home, other = (make_organisation(parent=root) for _ in range(3))
    top = make_organisation()
    maker = make_account(home=home)
    saved("named", 1, by=maker)
    audit.record(
        get_actor(maker), "lab.instruments.profile_saved", subject_kind="instrument", subject_id=ids.new_id(),
        organisation_id=named.id, at=AT,
    )  # fmt: skip
    saved("employed", 1, by=maker, at=AT.replace(year=2025))
    saved("unknown", 1, 2)
    audit.record(
        SYSTEM, "lab.instruments.read_again", subject_kind="instrument", subject_id="", organisation_id=other.id, at=AT
    )
    before()
    owners = {name: {place for place, _version, _text in rows(name)} for name in ("named", "employed", "unknown")}
    assert owners == {"named": {named.id}, "employed": {home.id}, "unknown": {root.id, top.id}}
    assert ProfileVersion.objects.filter(name="unknown").count() == 4


def test_what_a_message_was_read_by_says_whose_version_it_was(before):
    one, two = make_organisation(), make_organisation()
    machines = [stand(one, "hl7"), stand(two, "hl7"), stand(two, "astm", "moved")]
    saved("hl7", 3)
    earlier, later = AT.replace(year=2025), AT.replace(year=2027)
    told = {}
    for number, (machine, read_as, at) in enumerate(
        [
            (machines[0], "hl7@3", later), (machines[1], "hl7@3", AT), (machines[2], "hl7@3", later),
            (machines[0], "hl7@2", later), (machines[0], "hl7@3", earlier),
        ]
    ):  # fmt: skip
        told[number] = hear(machine, number)
        RawMessage.objects.filter(id=told[number]).update(read_as=read_as, read_at=at)
    before()
    found = RawMessage.objects.in_bulk(told.values())
    copies = {f"hl7@3:{one.id}", f"hl7@3:{two.id}"}
    assert found[told[0]].read_as == f"hl7@3:{one.id}"
    assert found[told[1]].read_as == f"hl7@3:{two.id}"
    assert found[told[2]].read_as in copies, "it names another profile now"
    assert [found[told[number]].read_as for number in (3, 4)] == ["hl7@2", "hl7@3"], "no saved version read these"


def test_a_house_in_which_nothing_was_saved_goes_forward_too(before):
    before()
    assert not ProfileVersion.objects.exists()
