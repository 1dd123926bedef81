"""The tables of this module, gathered for Django."""

from huizhen.people.accounts.models import Account
from huizhen.people.availability.models import Absence, WorkingHours
from huizhen.people.credentials.models import Practitioner, PractitionerSpecialty, Specialty
from huizhen.people.organisations.models import Membership, Organisation, TreeVersion

__all__ = [
    "Absence",
    "Account",
    "Membership",
    "Organisation",
    "Practitioner",
    "PractitionerSpecialty",
    "Specialty",
    "TreeVersion",
    "WorkingHours",
]
