"""Who works and who is ill in the measured world: four regions, each with a centre, hospitals and departments."""

import random
from datetime import date

from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from huizhen.kernel import clock
from huizhen.people.accounts.models import Account
from huizhen.people.credentials.models import Specialty
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import index_name

REGIONS, HOSPITALS, DEPARTMENTS = 4, 12, 5
DOCTORS = 10
PASSWORD = "measured-and-found-17"  # noqa: S105 - of accounts that live for one run
FAMILY, GIVEN = "赵钱孙李周吴郑王", "建国秀英桂兰志强小红"


def make_staff() -> None:
    """Organisations by the model, because triggers write their paths; accounts and memberships in bulk."""
    call_command("createcachetable", verbosity=0)
    password = make_password(PASSWORD)
    accounts: list[Account] = []
    memberships: list[Membership] = []

    def engage(role: str, organisation: Organisation, number: int) -> None:
        name = f"{role.replace('_', '-')}-{organisation.code.lower()}-{number}"
        account = Account(username=name, name=random.choice(FAMILY) + random.choice(GIVEN), password=password)
        accounts.append(account)
        memberships.append(Membership(account=account, organisation=organisation, role=role))

    for region in range(REGIONS):
        centre = Organisation.objects.create(
            name=f"区域平台{region}", kind="platform", code=f"R{region}", is_centre=True
        )
        for role, count in (("coordinator", 3), ("team_lead", 1), ("department_head", 1)):
            for number in range(count):
                engage(role, centre, number)
        for number in range(HOSPITALS):
            code = f"R{region}H{number}"
            hospital = Organisation.objects.create(name=f"医院{code}", kind="hospital", code=code, parent=centre)
            engage("department_head", hospital, 0)
            for doctor in range(DOCTORS):
                engage("applicant", hospital, doctor)
                engage("expert", hospital, doctor)
            for ward in range(DEPARTMENTS):
                code = f"{hospital.code}D{ward}"
                Organisation.objects.create(name=f"科室{code}", kind="department", code=code, parent=hospital)
    Account.objects.bulk_create(accounts)
    Membership.objects.bulk_create(memberships)
    Specialty.objects.get_or_create(code="03.01", defaults={"name": "呼吸内科专业", "name_en": "Respiratory medicine"})


def make_patients(count: int) -> None:
    """Patients with sealed names, spread over the hospitals."""
    hospitals = list(Organisation.objects.filter(kind="hospital").order_by("code"))
    at = clock.now()
    patients = []
    for number in range(count):
        name = random.choice(FAMILY) + random.choice(GIVEN)
        patients.append(
            Patient(
                organisation=hospitals[number % len(hospitals)],
                name=name,
                name_index=index_name(name),
                identity_kind="none",
                sex=("male", "female")[number % 2],
                birth_on=date(1950 + number % 60, 4, 12),
                registered_at=at,
            )
        )
    Patient.objects.bulk_create(patients, batch_size=2000)


def get_account(username: str) -> Account:
    """A member of staff by log-in name, such as `coordinator-r0-0`."""
    return Account.objects.get(username=username)
