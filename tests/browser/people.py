"""The people of the walk, made inside a started Huizhen; who they are is printed as JSON."""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

import django

django.setup()

from huizhen.config import wiring
from huizhen.consult.joint.tests import builders as make
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.tests.builders import make_member
from huizhen.records.tests.builders import make_ct, make_zip


def main(folder: str) -> None:
    """Make them, and in `folder` the files that the applicant has at hand."""
    wiring.connect()
    cast = make.make_cast(None)
    operator = make_member("operator", cast.platform, name="吴迪").account
    for account in (cast.applicant, cast.coordinator, *cast.experts, operator):
        enrol(account)
    cast.coordinator.language = "en"  # reads the console in English, and is greeted so after logging in
    cast.coordinator.save()
    with open(f"{folder}/ct.zip", "wb") as images:
        images.write(make_zip(make_ct(cast.patient, slices=6, size=128)))
    for name in ("blood.pdf", "consent.pdf"):
        with open(f"{folder}/{name}", "wb") as paper:
            paper.write(make.make_pdf())
    sys.stdout.write(json.dumps({
        "applicant": cast.applicant.username, "coordinator": cast.coordinator.username,
        "experts": [expert.username for expert in cast.experts], "phone": cast.patient_account.phone,
        "operator": operator.username, "patient": cast.patient.name, "specialty": cast.experts[0].practitioner.specialties.get().name,
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
