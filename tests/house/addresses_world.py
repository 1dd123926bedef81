"""The world that the table of addresses is walked in: one consultation under review, one delivered, and everybody."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Draft
from huizhen.consult.joint.queries import get_report
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import files, notify, outbox, talk
from huizhen.kernel.flow.models import Promise
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner
from huizhen.records.consent.models import Consent
from huizhen.records.imaging.actions import run_import, start_import
from huizhen.records.imaging.models import ImagingInstance, ImagingSeries, ImagingStudy
from huizhen.records.patients.access import access_patient
from huizhen.records.tests.builders import make_ct, make_guardian, make_zip
from huizhen.records.transcripts.models import Transcript
from tests.house.addresses import Address


@dataclass
class World:
    """The persons by the names of the table's columns (`None`: not logged in) and the addresses' parameters."""

    persons: dict[str, Any]
    values: dict[str, Any]
    delivered: UUID
    picture: UUID

    def __post_init__(self) -> None:
        self.clients = {person: self.client(person) for person in self.persons}

    def path(self, address: Address) -> str:
        """The address with this world's keys in it."""
        values = dict(self.values)
        if "report" in address.route:
            values["case_id"] = self.delivered
        if "messages" in address.route:
            values["file_id"] = self.picture
        if (
            address.route.startswith(("admin/people/", "admin/kernel/", "admin/consult/"))
            and "object_id" in address.parameters
        ):
            values["object_id"] = _row_of(address.route)
        return address.filled(values)

    def client(self, person: str) -> Client:
        """That person's browser, logged in with both factors."""
        client, account = Client(raise_request_exception=False), self.persons[person]
        if account is not None:
            client.force_login(account)
            key = client.session.session_key
            UserSession.objects.get_or_create(session_key=key, defaults={"user": account, "ip": "127.0.0.1"})
        return client


def build(travel: Any) -> World:
    """Make everything that an address may name."""
    cast = make.make_cast(travel)
    guardian = make_guardian(cast.patient).account
    doctor = cast.actor(cast.applicant)
    delivered = make.delivered(cast)
    application = make.reviewing(cast, study_ids=(_study(cast, doctor).id,))
    invitee = make_practitioner(name="未答复").account
    [invitation] = actions.invite(
        cast.actor(cast.coordinator), application.case_id, [invitee.id], at=cast.later(minutes=1)
    )
    make.sign(cast, application, cast.experts[0])
    Promise.objects.create(kind="consult.joint", deadline="report", urgency="normal", unit="hours", amount=90)
    picture = make.store_pdf(doctor, cast.at, "attachment")
    message = talk.post(application.case_id, actor=doctor, at=cast.at, body="请看附件", audience="patient",
                        client_id="m1", attachments=[picture])  # fmt: skip
    outbox.run_pending(cast.later(minutes=2))
    transcript, _ = Transcript.objects.get_or_create(
        document_id=application.materials.exclude(document=None).first().document_id,
        defaults={"asked_at": cast.at, "state": "failed"},
    )
    upload = files.start_upload(name="a.pdf", size=1000, actor=doctor, purpose="document", at=cast.at)
    persons = _persons(cast, invitee, guardian)
    return World(
        persons=persons,
        delivered=delivered.case_id,
        picture=picture,
        values={
            "case_id": application.case_id, "invitation_id": invitation.id, "message_id": message.id,
            "number": message.number, "patient_id": cast.patient.id,
            "guardian_id": cast.patient.guardians.get().id,
            "document_id": transcript.document_id,
            "study_id": ImagingStudy.objects.get().id, "series_id": ImagingSeries.objects.get().id,
            "instance_id": ImagingInstance.objects.order_by("id").first().id, "index": 0, "n": 1,
            "import_id": ImagingStudy.objects.get().patient.imports.get().id,
            "consent_id": Consent.objects.order_by("id").last().id,
            "file_id": upload.id, "entry_id": notify.list_inbox(cast.applicant.id)[0].id,
            "opinion_id": application.opinions.first().id if application.opinions.exists() else application.id,
            "draft_id": Draft.objects.create(account=cast.applicant, content={"patient_id": str(cast.patient.id)}, updated_at=cast.at).id,
            "version": 1, "code": get_report(delivered.id).code, "account_id": invitee.id, "status": 403, "name": "inbox", "pk": 1, "uidb36": "abc", "key": "set-password",
            "app_label": "people", "url": "nowhere", "var": "nowhere",
            "content_type_id": ContentType.objects.get_for_model(Organisation).id, "object_id": cast.county.id,
        },
    )  # fmt: skip


def _study(cast: Any, doctor: Any) -> Any:
    data = make_zip(make_ct(cast.patient))
    upload = files.store("ct.zip", data, actor=doctor, at=cast.at, purpose="imaging")
    patient = access_patient(doctor, cast.patient.id, to="add")
    run_import(start_import(patient, [upload.id], actor=doctor, at=cast.at).id, at=cast.at)
    return ImagingStudy.objects.get(patient_id=cast.patient.id)


def _persons(cast: Any, invitee: Any, guardian: Any) -> dict[str, Any]:
    away = make_organisation("别县医院")
    staff = {
        "stranger": make_practitioner(away, name="别县医生", role="applicant").account,
        "applicant": cast.applicant,
        "coordinator": cast.coordinator,
        "expert": cast.experts[1],
        "chair": cast.experts[0],
        "invitee": invitee,
        "uninvited": make_practitioner(name="路人专家").account,
        "head": make_member("department_head", cast.county).account,
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


def _row_of(route: str) -> Any:
    """The key of a row of the table that an address of the back office names."""
    _admin, label, name, *_rest = route.split("/")
    rows = apps.get_model(label, name).objects.order_by("pk")
    first = (rows.filter(kind="staff") if name == "account" else rows).first()
    return first.pk if first else "0"
