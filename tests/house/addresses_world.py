"""The world that the table of addresses is walked in: one consultation under review, one delivered, and everybody."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from huizhen.consult.contracts.actions import save_contract
from huizhen.consult.duty import actions as duty
from huizhen.consult.joint import actions
from huizhen.consult.joint.families.actions import make_link
from huizhen.consult.joint.families.models import FamilyLink
from huizhen.consult.joint.findings.actions import save_template
from huizhen.consult.joint.models import Draft
from huizhen.consult.joint.queries import get_report
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.referrals.tests.builders import on_the_desk, sent
from huizhen.kernel import files, notify, outbox, talk
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.clock import now
from huizhen.kernel.flow.acts import join
from huizhen.kernel.flow.models import Promise
from huizhen.lab.instruments import demo
from huizhen.people.accounts.actions import create_staff
from huizhen.people.accounts.sessions import BEGAN, SEEN, STRONG
from huizhen.people.availability.actions import add_absence
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_member, make_organisation, make_practitioner
from huizhen.records.consent.models import Consent
from huizhen.records.imaging.models import ImagingInstance, ImagingSeries, ImagingStudy
from huizhen.records.tests.builders import make_guardian
from huizhen.records.transcripts.models import Transcript
from tests.house.addresses import Address
from tests.house.addresses_bodies import body_for
from tests.house.addresses_laboratory import make_laboratory
from tests.house.addresses_people import make_persons
from tests.house.addresses_records import (
    make_arrival,
    make_copy,
    make_emergency,
    make_mark,
    make_measure,
    make_medicine,
    make_study,
    make_twins,
    make_uploads,
)

# Addresses of a letter that is being written; all others of a referral that was sent.
DESK = ("/letter/", "/letter", "/preview.pdf/", "/consent/", "/consent", "/signature", "/agree/")


@dataclass
class World:
    """The persons by the names of the table's columns (`None`: not logged in) and the addresses' parameters."""

    persons: dict[str, Any]
    values: dict[str, Any]
    delivered: UUID
    desk: UUID
    picture: UUID
    files: dict[str, dict[str, Any]]
    lab: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clients = {person: self.client(person) for person in self.persons}

    def path(self, address: Address) -> str:
        """The address with this world's keys in it."""
        values = dict(self.values)
        if "report" in address.route or "questions" in address.route:
            values["case_id"] = self.delivered
        if address.route.endswith(DESK):
            values["referral_id"] = self.desk
        if "messages" in address.route:
            values["file_id"] = self.picture
        if address.route.startswith("centre/people/"):
            values["account_id"] = values["clerk_id"]
        if address.route.startswith(("lab/", "api/v1/lab/", "me/re")):
            values |= self.lab
        if (
            address.route.startswith(("admin/people/", "admin/kernel/", "admin/consult/", "admin/lab/"))
            and "object_id" in address.parameters
        ):
            values["object_id"] = _row_of(address.route)
        return address.filled(values)

    def body(self, address: Address, person: str) -> str:
        """What this person sends there, as JSON; nobody in particular sends what the applicant would."""
        files = self.files.get(person) or self.files["applicant"]
        return (
            json.dumps(body_for(address, {**self.values, **self.lab}, files), default=str)
            if address.method != "GET"
            else ""
        )

    def client(self, person: str) -> Client:
        """That person's browser, logged in with both factors."""
        client, account = Client(raise_request_exception=False), self.persons[person]
        if account is not None:
            client.force_login(account)
            session = client.session
            # As after a while at work; else each request, being taken back, would note it anew.
            session.update({BEGAN: now().timestamp(), SEEN: now().timestamp(), STRONG: True})
            session.save()
            key = session.session_key
            UserSession.objects.get_or_create(session_key=key, defaults={"user": account, "ip": "127.0.0.1"})
        return client


def build(travel: Any) -> World:
    """Make everything that an address may name."""
    cast = make.make_cast(travel)
    guardian = make_guardian(cast.patient).account
    doctor = cast.actor(cast.applicant)
    delivered = make.delivered(cast)
    referral, desk = _referrals(cast, delivered, guardian)
    application = make.reviewing(cast, study_ids=(make_study(cast, doctor).id,))
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
    persons = _let_take_part(make_persons(cast, invitee, guardian), application, delivered, at=cast.at)
    accepted = application.invitations.filter(expert=cast.experts[1]).get()
    raw = demo.load_instruments(cast.county, at=cast.at)
    centre = _centre(cast)
    return World(
        persons=persons,
        files={person: make_uploads(cast, account) for person, account in persons.items() if account},
        delivered=delivered.case_id,
        desk=desk.case_id,
        picture=picture,
        lab=make_laboratory(cast),
        values={
            "case_id": application.case_id, "invitation_id": invitation.id, "message_id": message.id,
            "number": message.number, "patient_id": cast.patient.id,
            "guardian_id": cast.patient.guardians.get().id,
            "document_id": transcript.document_id,
            "study_id": ImagingStudy.objects.get().id, "series_id": ImagingSeries.objects.get().id,
            "instance_id": ImagingInstance.objects.order_by("id").first().id, "index": 0, "n": 1,
            "mark_id": make_mark(cast, application.case_id).id,
            "measure_id": make_measure(cast, application.case_id).id, "medicine_id": make_medicine(cast).id,
            "arrival_id": make_arrival(cast),
            "import_id": ImagingStudy.objects.get().patient.imports.get().id,
            "consent_id": Consent.objects.order_by("id").last().id,
            "file_id": upload.id, "entry_id": notify.list_inbox(cast.applicant.id)[0].id,
            "opinion_id": application.opinions.first().id if application.opinions.exists() else application.id,
            "draft_id": Draft.objects.create(account=cast.applicant, content={"patient_id": str(cast.patient.id)}, updated_at=cast.at).id,
            "referral_id": referral.case_id, "target_id": referral.target_id, "consultation_id": delivered.case_id,
             **centre, **make_twins(cast), **make_copy(cast), **make_emergency(cast, invitee), "kind": "contracts",
             "accepted_id": accepted.id, "free_expert_id": make_practitioner(name="待邀专家").account.id,
             "specialty": application.specialty_id,
             "token": _family_link(cast, application), "question_id": application.id, "version": 1, "account_place": invitee.practitioner.organisation_id,
             "link_id": FamilyLink.objects.get(application=application).id, "code": get_report(delivered.id).code, "account_id": invitee.id, "status": 403, "name": "inbox", "pk": 1, "uidb36": "abc", "key": "set-password",
             "instrument_id": raw.instrument_id, "raw_message_id": raw.id,
            "app_label": "people", "url": "nowhere", "var": "nowhere",
            "content_type_id": ContentType.objects.get_for_model(Organisation).id, "object_id": cast.county.id,
        },
    )  # fmt: skip


def _let_take_part(persons: dict[str, Any], *applications: Any, at: Any) -> dict[str, Any]:
    """The co-signer and the doctor on duty take part, in that capacity alone."""
    for capacity in ("cosigner", "duty"):
        for application in applications:
            join(application.case_id, persons[capacity].id, capacity, actor=SYSTEM, at=at)
    return persons


def _referrals(cast: Any, delivered: Any, guardian: Any) -> tuple[Any, Any]:
    """A referral that the centre's own coordinators are to take, and a letter that is being written."""
    target = make_organisation("转诊门诊", kind="department", parent=cast.platform)
    people = {"applicant": cast.applicant, "patient": cast.patient_account, "family": guardian}
    return sent(cast, delivered, target), on_the_desk(cast, delivered, target, people)


def _family_link(cast: Any, application: Any) -> str:
    actor = cast.actor(cast.applicant)
    _row, token = make_link(actor, application.case_id, name="女儿", phone="13800138000", days=3, at=cast.at)
    return token


def _centre(cast: Any) -> dict[str, Any]:
    """A shift, a ring for an expert, an absence, a contract, and somebody whom the operator looks after."""
    one, day = cast.experts[1], timedelta(days=1)
    shift = duty.add_shift(cast.platform.id, one.id, starts_at=cast.at, ends_at=cast.at + day, actor=SYSTEM, at=cast.at)
    urgent = make.submitted(cast, urgency="urgent")
    ring = duty.ring(urgent.case_id, at=cast.at)
    absence = add_absence(
        one.id, kind="leave", starts_at=cast.at + day, ends_at=cast.at + 2 * day, actor=SYSTEM, at=cast.at
    )
    contract = save_contract(
        actor=SYSTEM, at=cast.at, asking_id=cast.county.id, answering_id=one.practitioner.organisation_id,
        starts_on=cast.at.date(),
    )  # fmt: skip
    item = {"key": "note", "kind": "text", "label": "备注", "label_en": "Note"}
    template = save_template(actor=SYSTEM, at=cast.at, name="备注", name_en="Note", items=[item])
    clerk = create_staff(actor=SYSTEM, at=cast.at, username="clerk", name="文员", organisation_id=cast.county.id)
    role = make_member("laboratory", cast.county, account=clerk)
    return {"clerk_id": clerk.id, "membership_id": role.id, "organisation_id": cast.county.id,
            "shift_id": shift.id, "ring_id": ring.id, "absence_id": absence.id, "row_id": contract.id,
            "contract_id": contract.id, "template_code": template.code, "centre_id": cast.platform.id,
            "expert_place": one.practitioner.organisation_id}  # fmt: skip


def _row_of(route: str) -> Any:
    """The key of a row of the table that an address of the back office names."""
    _admin, label, name, *_rest = route.split("/")
    rows = apps.get_model(label, name).objects.order_by("pk")
    first = (rows.filter(kind="staff") if name == "account" else rows).first()
    return first.pk if first else "0"
