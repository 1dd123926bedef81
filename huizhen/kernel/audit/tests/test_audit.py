"""Entries are written, listed and kept; the chain names whatever was done to them."""

import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from huizhen.kernel import audit, clock, ids
from huizhen.kernel.access import SYSTEM, Actor, Membership, NotAllowed, NotVisible, directory, set_directory
from huizhen.kernel.audit import chain
from huizhen.kernel.audit.access import access_entries, access_patient_entries
from huizhen.kernel.audit.chain import seal
from huizhen.kernel.audit.models import AuditEntry, AuditSeal
from huizhen.kernel.audit.queries import Filters, list_entries, list_for_patient
from huizhen.kernel.audit.verification import command, head, verify

DOCTOR = Actor(ids.new_id(), "张医生", origin={"ip": "10.0.0.1"})
pytestmark = pytest.mark.django_db(transaction=True)


def read(count: int = 1, **about) -> None:
    """Reads, each with its entry in a transaction of its own."""
    for number in range(count):
        audit.record(DOCTOR, "records.document.read", subject_kind="document", subject_id=number, **about)
        audit.gather()


def as_intruder(sql: str, *parameters) -> None:
    """Change the tables as somebody with the database in their hands would: triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)


def faults(kept: str = "") -> list[tuple[str, int]]:
    return [(fault.kind, fault.number) for fault in verify(kept)]


def seal_all(count: int) -> int:
    """Seal until `count` entries are: transactions of other databases in the same cluster hold the horizon back too."""
    done, tries = 0, 0
    while done < count and tries < 600:
        done += seal(clock.now())
        tries += 1
        if done < count:
            time.sleep(0.05)
    return done


def wait_until_complete() -> None:
    """Wait until no older transaction runs in the cluster, so that the next sealing takes all there is."""
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(xid) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM kernel_auditentry"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise TimeoutError("an older transaction did not end")


class TestRecord:
    def test_holds_what_it_was_given(self):
        patient, case, organisation, at = ids.new_id(), ids.new_id(), ids.new_id(), clock.now()
        read(patient_id=patient, case_id=case, organisation_id=organisation, data={"pages": 2}, at=at)
        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.actor_name, entry.at) == (DOCTOR.account_id, "张医生", at)
        assert (entry.patient_id, entry.case_id, entry.organisation_id) == (patient, case, organisation)
        assert (entry.origin, entry.data, entry.subject_id) == ({"ip": "10.0.0.1"}, {"pages": 2}, "0")

    def test_is_undone_with_the_act(self):
        with transaction.atomic():
            read()
            transaction.set_rollback(True)
        assert not AuditEntry.objects.exists()

    def test_after_an_error_in_the_transaction_django_says_so(self):
        with transaction.atomic():
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                read()

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE kernel_auditentry SET action = 'x'",
            "DELETE FROM kernel_auditentry",
            "TRUNCATE kernel_auditentry CASCADE",
            "UPDATE kernel_auditseal SET algorithm = 'x'",
            "DELETE FROM kernel_auditseal",
            "TRUNCATE kernel_auditseal CASCADE",
        ],
    )
    def test_the_database_refuses_to_change_it(self, sql):
        read()
        seal_all(1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL huizhen.truncate = 'no'")
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(sql)


class TestChain:
    def test_nothing_to_seal_makes_no_seal(self):
        assert seal(clock.now()) == 0
        assert (faults(), head()) == ([], "0:" + "00" * 32)

    @pytest.mark.parametrize("cipher", ["aes", "sm4"])
    def test_an_untouched_chain_is_whole(self, settings, cipher):
        settings.CIPHER = cipher
        for _ in range(3):
            read(4)
            assert seal_all(4) == 4
        assert AuditSeal.objects.count() >= 3
        assert faults() == []

    def test_a_change_of_algorithm_keeps_the_chain(self, settings):
        read()
        seal_all(1)
        settings.CIPHER = "sm4"
        read()
        seal_all(1)
        assert faults() == []

    def test_large_backlogs_are_cut_into_several_seals(self, monkeypatch):
        monkeypatch.setattr(chain, "LARGEST_SEAL", 5)
        read(13)
        wait_until_complete()
        assert seal(clock.now()) == 13
        sizes = [len(link.ids) for link in AuditSeal.objects.order_by("number")]
        assert max(sizes) == 5
        assert sum(sizes) == 13
        assert faults() == []

    def test_names_the_changed_the_missing_and_the_inserted(self):
        read(6)
        seal_all(6)
        read(2)
        seal_all(2)
        numbers = list(AuditEntry.objects.order_by("id").values_list("id", flat=True))
        as_intruder("UPDATE kernel_auditentry SET actor_name = '别人' WHERE id = %s", numbers[1])
        as_intruder("DELETE FROM kernel_auditentry WHERE id = %s", numbers[3])
        as_intruder(
            "INSERT INTO kernel_auditentry (id, at, actor_name, action, subject_kind, subject_id, xid)"
            " SELECT %s, at, '', 'x', '', '', xid FROM kernel_auditentry WHERE id = %s",
            numbers[-1] + 100,
            numbers[4],
        )
        assert faults() == [("changed", numbers[1]), ("missing", numbers[3]), ("inserted", numbers[-1] + 100)]

    def test_names_entries_that_changed_places(self):
        read(3)
        wait_until_complete()  # in one seal: of two, each would name what of the other's stands in it now
        assert seal(clock.now()) == 3
        assert AuditSeal.objects.count() == 1
        one, other = AuditEntry.objects.order_by("id").values_list("id", flat=True)[:2]
        for frm, to in ((one, 0), (other, one), (0, other)):
            as_intruder("UPDATE kernel_auditentry SET id = %s WHERE id = %s", to, frm)
        assert faults() == [("changed", one), ("changed", other)]

    def test_an_entry_with_an_invented_low_transaction_is_named(self):
        read(2)
        seal_all(2)
        as_intruder(
            "INSERT INTO kernel_auditentry (id, at, actor_name, action, subject_kind, subject_id, xid)"
            " VALUES (999, %s, '', 'x', '', '', -5)",
            clock.now(),
        )
        assert faults() == [("inserted", 999)]

    @pytest.mark.parametrize("column", ["digests = digests || '\\x00'", "previous = '\\x00'", "max_id = 1000000"])
    def test_names_a_changed_seal(self, column):
        for _ in range(3):
            read()
            seal_all(1)
        as_intruder(f"UPDATE kernel_auditseal SET {column} WHERE number = 2")  # noqa: S608
        assert ("seal_changed", 2) in faults()

    def test_names_a_missing_seal(self):
        for _ in range(3):
            read()
            seal_all(1)
        as_intruder("DELETE FROM kernel_auditseal WHERE number = 2")
        assert ("seal_missing", 2) in faults()

    def test_a_rewritten_chain_needs_the_key(self, settings):
        read(3)
        seal_all(3)
        settings.INDEX_KEY = "22" * 32
        assert ("seal_changed", 1) in faults()

    def test_a_cut_end_shows_by_the_head_an_auditor_kept(self):
        for _ in range(2):
            read()
            seal_all(1)
        kept = head()
        assert faults(kept) == []
        as_intruder("DELETE FROM kernel_auditseal WHERE number = 2")
        assert faults(kept) == [("cut_off", 2)]

    def test_the_command_tells_and_sets_the_exit_code(self):
        read()
        seal_all(1)
        said: list[str] = []
        assert command(said.append) == 0
        as_intruder("DELETE FROM kernel_auditentry")
        assert command(said.append) == 1
        assert head() in said[0]
        assert said[1].startswith("missing")


class TestTwoConnections:
    @pytest.fixture
    def other(self):
        """A second connection, with a transaction that has begun."""
        second = connection.copy()
        second.set_autocommit(False)
        yield second
        second.rollback()
        second.close()

    def insert(self, second) -> int:
        with second.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kernel_auditentry (at, actor_name, action, subject_kind, subject_id)"
                " VALUES (%s, '', 'late', '', '') RETURNING id",
                [clock.now()],
            )
            return cursor.fetchone()[0]

    def test_what_commits_late_is_sealed_later_and_never_lost(self, other):
        read()
        seal_all(1)
        late = self.insert(other)
        read(3)
        assert seal(clock.now()) == 0
        other.commit()
        assert seal_all(4) == 4
        assert late in AuditSeal.objects.get(number=2).ids
        assert faults() == []

    def test_a_low_id_that_commits_after_a_higher_one_was_sealed(self, other):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('kernel_auditentry', 'id'))")
            low = cursor.fetchone()[0]
        read(2)
        assert seal_all(2) == 2
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kernel_auditentry (id, at, actor_name, action, subject_kind, subject_id)"
                " VALUES (%s, %s, '', 'late', '', '')",
                [low, clock.now()],
            )
        other.commit()
        assert seal_all(1) == 1
        assert faults() == []

    def test_what_was_rolled_back_leaves_no_gap(self, other):
        self.insert(other)
        read()
        other.rollback()
        assert seal_all(1) == 1
        assert faults() == []


class TestRestoredElsewhere:
    def test_the_chain_goes_on_in_another_cluster(self):
        """After a dump is loaded into a fresh cluster, transaction numbers begin anew, far below the sealed ones."""
        read(3)
        wait_until_complete()
        assert seal(clock.now()) == 3
        read(2)
        as_intruder("UPDATE kernel_auditentry SET xid = xid + 1000000")
        as_intruder("UPDATE kernel_auditseal SET cluster = 'old', below_xid = below_xid + 1000000")
        link = AuditSeal.objects.get()
        rows = chain.select("id = ANY(%s) ORDER BY id", [link.ids])
        link.digests = b"".join(chain.digest(row, link.algorithm) for row in rows)
        as_intruder("UPDATE kernel_auditseal SET digests = %s, hash = %s", link.digests, chain.seal_hash(link))
        read()
        assert seal_all(3) == 3
        read(2)
        assert seal_all(2) == 2
        assert faults() == []
        as_intruder("UPDATE kernel_auditentry SET action = 'x' WHERE id = %s", link.max_id)
        assert faults() == [("changed", link.max_id)]


@pytest.fixture
def in_house():
    """Two organisations, one below the other; the directory of before comes back."""
    before = directory()
    set_directory(House())
    yield
    set_directory(before)


class House:
    """Two hospitals, one below the other."""

    top, below_top, elsewhere = ids.new_id(), ids.new_id(), ids.new_id()

    def below(self, organisation_id):
        return [self.top, self.below_top] if organisation_id == self.top else [organisation_id]


class TestLists:
    def test_a_patient_sees_who_read_the_record_newest_first_by_cursor(self):
        patient = ids.new_id()
        read(5, patient_id=patient)
        read(2, patient_id=ids.new_id())
        first = list_for_patient([patient], limit=3)
        rest = list_for_patient([patient], after=first[-1].id, limit=3)
        assert [entry.subject_id for entry in first + rest] == ["4", "3", "2", "1", "0"]

    def test_only_the_patient_and_guardian_may(self):
        patient = ids.new_id()
        assert access_patient_entries(Actor(ids.new_id(), patient_ids=frozenset({patient})), patient) == patient
        with pytest.raises(NotVisible):
            access_patient_entries(DOCTOR, patient)

    def test_an_audit_administrator_sees_the_organisations_below(self, in_house):
        read(organisation_id=House.below_top)
        read(organisation_id=House.elsewhere)
        read()
        admin = Actor(ids.new_id(), memberships=(Membership("audit_admin", House.top),))
        seen = list_entries(access_entries(admin), Filters())
        assert [entry.organisation_id for entry in seen] == [None, House.below_top]
        assert len(list_entries(access_entries(SYSTEM), Filters())) == 3

    @pytest.mark.parametrize("role", ["system_admin", "security_admin", "expert"])
    def test_other_roles_may_not(self, role):
        with pytest.raises(NotAllowed):
            access_entries(Actor(ids.new_id(), memberships=(Membership(role, House.top),)))

    def test_filters(self):
        at, case = clock.now(), ids.new_id()
        read(at=at - timedelta(days=2))
        read(at=at, case_id=case)
        audit.record(SYSTEM, "recordskeeping.x", subject_kind="x", subject_id="1", at=at)

        def count(**by) -> int:
            return len(list_entries(None, Filters(**by)))

        assert (count(action="records"), count(action="records.document.read"), count(action="record")) == (2, 2, 0)
        assert (count(since=at), count(until=at), count(case_id=case)) == (2, 1, 1)
        assert (count(actor_id=DOCTOR.account_id), count(subject_kind="x", subject_id="1")) == (2, 1)
