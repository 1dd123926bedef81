"""What must hold whoever writes: tried with plain SQL, past every line of ours, on the real database."""

import pytest
from django.db import connection

from huizhen.consult.joint.models import Invitation, Opinion, Report
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import audit, clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import CaseDeadline, CaseEvent, Participant
from huizhen.kernel.ids import new_id
from huizhen.people.tests.builders import make_account, make_member, make_organisation
from huizhen.records.consent.models import Consent

NOBODY = str(new_id())


def set_case(column: str, value: str = "%s") -> str:
    return f"UPDATE kernel_case SET {column} = {value} WHERE id = %s"


# Cases -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    ["state = 'closed'", "urgency = 'urgent'", "team = 'team_lead'", "state = 'received', version = version + 1"],
)
def test_a_case_does_not_change_without_its_timeline(cast, refused, change):
    case_id = make.submitted(cast).case_id
    assert "timeline entry" in refused(f"UPDATE kernel_case SET {change} WHERE id = %s", case_id)


def test_a_case_is_never_deleted(cast, refused):
    case_id = make.submitted(cast).case_id
    assert "Cannot delete" in refused("DELETE FROM kernel_case WHERE id = %s", case_id)


@pytest.mark.parametrize("change", ["kind = 'other'", "to_state = 'closed'", "at = at - interval '1 day'"])
def test_the_timeline_is_not_rewritten(cast, refused, change):
    case_id = make.submitted(cast).case_id
    assert "Cannot update" in refused(f"UPDATE kernel_caseevent SET {change} WHERE case_id = %s", case_id)


def test_the_timeline_is_not_cut(cast, refused):
    case_id = make.submitted(cast).case_id
    assert "delete rows" in refused("DELETE FROM kernel_caseevent WHERE case_id = %s", case_id)


def test_two_entries_never_share_a_number(cast, refused):
    event = CaseEvent.objects.get(case_id=make.submitted(cast).case_id, number=1)
    copy = (
        "INSERT INTO kernel_caseevent (id, case_id, number, at, kind, from_state, to_state, reason, data, audience)"
        " SELECT %s, case_id, number, at, kind, from_state, to_state, reason, data, audience"
        " FROM kernel_caseevent WHERE id = %s"
    )
    assert "timeline_numbered" in refused(copy, new_id(), event.id)


def test_an_open_case_has_an_owner(cast, refused):
    case_id = make.submitted(cast).case_id
    assert "open_case_has_owner" in refused("UPDATE kernel_case SET team = '', owner_id = NULL WHERE id = %s", case_id)


def test_a_closed_case_has_no_deadline(cast, refused):
    case_id = make.delivered(cast).case_id
    make.actions.make_move(cast.actor(cast.applicant), case_id, "close", at=cast.later(hours=1))
    assert "closed_case_has_no_deadline" in refused(set_case("due_at"), clock.now(), case_id)


@pytest.mark.parametrize("column", ["organisation_id", "team_organisation_id", "patient_id", "owner_id"])
def test_a_case_belongs_to_what_exists(cast, refused, column):
    case_id = make.submitted(cast).case_id
    assert "foreign key" in refused(set_case(column), NOBODY, case_id)


def test_a_case_number_is_given_once(cast, refused):
    first, second = make.submitted(cast).case, make.submitted(cast).case
    assert "number" in refused(set_case("number"), first.number, second.id)


def test_one_clock_of_a_name_runs(cast, refused):
    deadline = CaseDeadline.objects.filter(case_id=make.submitted(cast).case_id, name="state").get()
    statement = "UPDATE kernel_casedeadline SET name = 'state' WHERE case_id = %s AND name = 'report'"
    assert "one_clock_of_a_name" in refused(statement, deadline.case_id)


def test_nobody_takes_part_twice_in_one_capacity(cast, refused):
    person = Participant.objects.get(case_id=make.submitted(cast).case_id, capacity="applicant")
    copy = (
        "INSERT INTO kernel_participant (id, case_id, account_id, capacity, since)"
        " SELECT %s, case_id, account_id, capacity, since FROM kernel_participant WHERE id = %s"
    )
    assert "once_in_a_capacity" in refused(copy, new_id(), person.id)


# Audit -------------------------------------------------------------------------------------------------------------


def _entry(cast) -> int:
    audit.record(cast.actor(cast.applicant), "test.read", subject_kind="patient", subject_id=cast.patient.id)
    return AuditEntry.objects.latest("id").id


def test_the_audit_is_not_changed(cast, refused):
    assert "Cannot update" in refused("UPDATE kernel_auditentry SET action = 'x' WHERE id = %s", _entry(cast))


def test_the_audit_is_not_deleted(cast, refused):
    assert "delete rows" in refused("DELETE FROM kernel_auditentry WHERE id = %s", _entry(cast))


def test_the_audit_is_not_emptied(cast):
    _entry(cast)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL huizhen.truncate = ''")
        with pytest.raises(Exception, match="append-only"):
            cursor.execute("TRUNCATE kernel_auditentry")


# The consultation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["stance = 'dissent'", "signed_at = NULL", "assessment = findings", "version = 9"])
def test_a_signed_opinion_stays(cast, refused, change):
    application = make.reviewing(cast)
    make.sign(cast, application, cast.experts[0])
    opinion = Opinion.objects.get(application=application)
    assert "Cannot update" in refused(f"UPDATE consult_opinion SET {change} WHERE id = %s", opinion.id)
    assert "Cannot delete" in refused("DELETE FROM consult_opinion WHERE id = %s", opinion.id)


def test_a_signed_report_stays(cast, refused):
    report = Report.objects.get(application=make.delivered(cast))
    assert "Cannot update" in refused("UPDATE consult_report SET signed_at = NULL WHERE id = %s", report.id)
    assert "Cannot delete" in refused("DELETE FROM consult_report WHERE id = %s", report.id)


def test_there_is_one_chair(cast, refused):
    application = make.reviewing(cast)
    statement = "UPDATE consult_invitation SET is_chair = TRUE WHERE application_id = %s"
    assert "one_chair" in refused(statement, application.id)


def test_the_chair_has_accepted(cast, refused):
    application = make.assigning(cast)
    [invitation] = make.actions.invite(
        cast.actor(cast.coordinator), application.case_id, [cast.experts[0].id], at=cast.at
    )
    statement = "UPDATE consult_invitation SET is_chair = TRUE WHERE id = %s"
    assert "chair_has_accepted" in refused(statement, invitation.id)


def test_an_expert_has_one_living_invitation(cast, refused):
    application = make.reviewing(cast)
    first, second = Invitation.objects.filter(application=application)[:2]
    statement = "UPDATE consult_invitation SET expert_id = %s, is_chair = FALSE WHERE id = %s"
    assert "one_live_invitation" in refused(statement, first.expert_id, second.id)


def test_one_application_per_sending(cast, refused):
    first, second = make.submitted(cast), make.submitted(cast)
    statement = "UPDATE consult_application SET sent_key = %s WHERE id = %s"
    assert "application_sent_once" in refused(statement, first.sent_key, second.id)


# Consent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", ["until = until + interval '1 year'", "scope = '{contact}'", "case_id = NULL", "evidence = 'in_app'"]
)
def test_a_consent_is_not_edited(cast, refused, change):
    make.submitted(cast)
    consent = Consent.objects.get()
    assert "consent" in refused(f"UPDATE records_consent SET {change} WHERE id = %s", consent.id)
    assert "Cannot delete" in refused("DELETE FROM records_consent WHERE id = %s", consent.id)


def test_a_withdrawn_consent_does_not_come_back(cast, refused):
    make.submitted(cast)
    Consent.objects.update(withdrawn_at=clock.now(), withdrawn_by=cast.patient_account)
    assert "only withdrawn once" in refused("UPDATE records_consent SET withdrawn_at = NULL")


# People ------------------------------------------------------------------------------------------------------------


def test_nobody_holds_two_administrators_powers(cast, refused):
    first = make_member("system_admin", cast.platform)
    second = make_member("applicant", cast.platform, account=first.account)
    statement = "UPDATE people_membership SET role = 'audit_admin' WHERE id = %s"
    assert "two administrator roles" in refused(statement, second.id)


def test_the_tree_has_no_ring(cast, refused):
    below = make_organisation(parent=cast.county)
    ring = "UPDATE people_organisation SET parent_id = %s WHERE id = %s"
    assert "cannot lie below" in refused(ring, below.id, cast.county.id)
    assert "organisation" in refused(ring, cast.county.id, cast.county.id)


def test_a_path_is_not_written_by_hand(cast):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_organisation SET path = '{}' WHERE id = %s", [cast.county.id])
    cast.county.refresh_from_db()
    assert cast.county.path == [cast.platform.id, cast.county.id]


def test_a_phone_belongs_to_one_patient_account(cast, refused):
    first, second = make_account(kind="patient"), make_account(kind="patient")
    statement = "UPDATE people_account SET phone_index = %s WHERE id = %s"
    assert "unique" in refused(statement, bytes(first.phone_index), second.id)
