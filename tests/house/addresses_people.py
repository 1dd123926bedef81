"""Everybody who walks over all addresses, by the names of the table's columns."""

from typing import Any

from huizhen.people.accounts.tests.people import enrol
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner


def make_persons(cast: Any, invitee: Any, guardian: Any) -> dict[str, Any]:
    away = make_organisation("别县医院")
    staff = {
        "stranger": make_practitioner(away, name="别县医生", role="applicant").account,
        "applicant": cast.applicant,
        "coordinator": cast.coordinator,
        "team_lead": make_member("team_lead", cast.platform).account,
        "expert": cast.experts[1],
        "chair": cast.experts[0],
        "cosigner": make_practitioner(name="会签专家").account,
        "duty": make_practitioner(name="值班专家").account,
        "invitee": invitee,
        "uninvited": make_practitioner(name="路人专家").account,
        "head": make_member("department_head", cast.county).account,
        "laboratory": _at_the_bench(cast),
        "collector": make_member("collector", cast.county).account,
        "operator": make_member("operator", cast.platform).account,
        "system": make_member("system_admin", cast.platform).account,
        "security": make_member("security_admin", cast.platform).account,
        "audit": make_member("audit_admin", cast.platform).account,
    }
    patients = {
        "patient": cast.patient_account, "guardian": guardian, "other-patient": make_account("别人", kind="patient")
    }  # fmt: skip
    for account in staff.values():
        enrol(account)
    return {"nobody": None, **staff, **patients}


def _at_the_bench(cast: Any) -> Any:
    """Somebody of the county's laboratory who looks after the whole house's instruments as well."""
    account = make_member("laboratory", cast.county).account
    make_member("laboratory", cast.platform, account=account)
    return account
