"""A city's swabs: a laboratory, its instruments' one line, patients with sealed names, and mixed tubes on the bench.

Rows of tubes are made by the database itself; patients are really sealed, because the report upstream opens them. A
person is in several tubes, as in a city that is tested every other day.
"""

from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from bench.people import FAMILY, GIVEN
from bench.senders import SEATS
from huizhen.kernel import clock
from huizhen.lab.catalogue.actions import load_shipped
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.instruments.models import Instrument
from huizhen.lab.results.actions import ensure_partitions
from huizhen.lab.specimens.models import Site
from huizhen.lab.specimens.queries import person_key
from huizhen.people.organisations.models import Organisation
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import index_name

EARLIER = timedelta(hours=2)  # when they were taken
HOST = "127.0.0.1"
QUIET = "SET session_replication_role = replica"
LOUD = "SET session_replication_role = origin"
# Seats of a tube are neighbours in the list of patients, so that nobody is twice in one.
TUBES = """
INSERT INTO lab_tube (id, barcode, capacity, site_id, laboratory_id, client_id, collected_at, received_at)
SELECT uuidv7(), 'P' || lpad(n::text, 9, '0'), %(seats)s, %(site)s, %(laboratory)s, uuidv4(), %(at)s, %(at)s
  FROM generate_series(1, %(tubes)s) n
"""
PERSONS = """
INSERT INTO lab_tubeperson (id, tube_id, patient_id, person, seat)
SELECT uuidv7(), t.id, p.patient_id, p.person, seat
  FROM lab_tube t CROSS JOIN generate_series(1, %(seats)s) seat
  JOIN bench_patient p ON p.n = (substr(t.barcode, 2)::int * %(seats)s + seat) %% %(patients)s
"""
ORDERS = """
INSERT INTO lab_testorder (id, tube_id, panel_id, reason, ordered_at)
SELECT uuidv7(), t.id, %(panel)s, 'campaign', %(at)s FROM lab_tube t
"""


def fill(tubes: int, patients: int) -> Organisation:
    """Make everything in the database in use, with so many tubes and so many persons who are in them by turns; returns
    the laboratory."""
    load_shipped()
    laboratory = Organisation.objects.filter(kind="hospital").order_by("code")[0]
    site = Site.objects.create(organisation=laboratory, laboratory=laboratory, name="采样点", code="0001")
    Instrument.objects.create(
        organisation=laboratory, name="PCR", profile="roche-cobas-6800", address=HOST, identity="SIMPCR"
    )
    ensure_partitions(at=clock.now())
    _make_patients(laboratory, patients)
    panel = Panel.objects.get(code="NCOV")
    given = {"site": site.id, "laboratory": laboratory.id, "tubes": tubes, "seats": SEATS, "at": clock.now() - EARLIER,
             "panel": panel.id, "patients": patients}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(QUIET)
        for statement in (TUBES, PERSONS, ORDERS):
            cursor.execute(statement, given)
        cursor.execute(LOUD)
        cursor.execute("VACUUM (ANALYZE)")
    return laboratory


def _make_patients(laboratory: Organisation, count: int) -> None:
    at = clock.now()
    patients = []
    for number in range(count):
        name = FAMILY[number % len(FAMILY)] + GIVEN[number % len(GIVEN)]
        patients.append(
            Patient(
                organisation=laboratory, name=name, name_index=index_name(name), identity_kind="none",
                identity_number=f"E{number:08d}", sex=("male", "female")[number % 2],
                birth_on=date(1950 + number % 60, 4, 12), registered_at=at,
            )
        )  # fmt: skip
    Patient.objects.bulk_create(patients, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_patient (n int PRIMARY KEY, patient_id uuid, person uuid)")
        with cursor.copy("COPY bench_patient FROM STDIN") as copy:
            for number, patient in enumerate(patients):
                copy.write_row((number, patient.id, person_key(patient.id)))


def list_people() -> list[UUID]:
    """The keys under which people's results are looked up, by their place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person FROM bench_patient ORDER BY n")
        return [row[0] for row in cursor.fetchall()]
