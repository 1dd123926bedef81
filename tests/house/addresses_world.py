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
from huizhen.consult.joint.models import Draft
from huizhen.consult.joint.queries import get_report
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.referrals.tests.builders import on_the_desk, sent
from huizhen.kernel import files, notify, outbox, talk
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.clock import now
from huizhen.kernel.flow.models import Promise
from huizhen.lab.catalogue.actions import load_shipped
from huizhen.lab.exceptions.actions import report_trouble
from huizhen.lab.exceptions.rules import Found
from huizhen.lab.instruments import demo
from huizhen.lab.instruments.readings import Reading
from huizhen.lab.reporting.models import Upstream
from huizhen.lab.results.actions import print_report, take
from huizhen.lab.specimens.actions import collect_tube, seal_box, take_list
from huizhen.lab.specimens.models import Site
from huizhen.lab.specimens.rules import Entry, write_code
from huizhen.people.accounts.actions import create_staff
from huizhen.people.accounts.sessions import BEGAN, SEEN, STRONG
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.availability.actions import add_absence
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner
from huizhen.records.consent.models import Consent
from huizhen.records.emergency.actions import open_emergency
from huizhen.records.fhir import shapes
from huizhen.records.fhir.access import access_copy
from huizhen.records.fhir.actions import (
    check_import,
    confirm_import,
    make_export,
    order_export,
    take_import,
)
from huizhen.records.fhir.actions import start_import as offer_bundle
from huizhen.records.fhir.codes import IDENTITY
from huizhen.records.imaging.actions import mark_image, run_import, start_import
from huizhen.records.imaging.models import ImagingInstance, ImagingSeries, ImagingStudy
from huizhen.records.merging.actions import look_for, merge_patients
from huizhen.records.merging.models import Likeness
from huizhen.records.pacs.arrivals.actions import keep_image
from huizhen.records.pacs.arrivals.models import Station
from huizhen.records.patients.access import access_patient
from huizhen.records.tests.actors import as_staff
from huizhen.records.tests.builders import make_ct, make_guardian, make_number, make_patient, make_zip
from huizhen.records.transcripts.models import Transcript
from tests.house.addresses import Address
from tests.house.addresses_bodies import body_for

# Addresses of a letter that is being written; all others of a referral that was sent.
DESK = ("/letter/", "/letter", "/preview.pdf/", "/consent/", "/consent", "/signature", "/agree/")
CT_ZIP = make_zip(make_ct(slices=1))


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
        if address.route.startswith(("lab/", "api/v1/lab/")):
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


def _copy(cast: Any) -> dict[str, Any]:
    """A copy of the record that the applicant asked for and a job has made."""
    actor = cast.actor(cast.applicant)
    made = order_export(access_copy(actor, cast.patient.id), with_files=False, actor=actor, at=cast.at)
    make_export(made.id, at=cast.at)
    patient = access_patient(actor, cast.patient.id, to="add")
    upload = files.store("record.json", shapes.encode(_result(patient)), actor=actor, at=cast.at, purpose="fhir")
    run = offer_bundle(patient, upload.id, actor=actor, at=cast.at)
    check_import(run.id, at=cast.at)
    confirm_import(run, actor=actor, at=cast.at)
    take_import(run.id, at=cast.at)
    return {"export_id": made.id, "bundle_id": run.id, "piece_id": run.pieces.get().id}


def _result(patient: Any) -> dict[str, Any]:
    """A result from elsewhere, of this patient."""
    person = {"resourceType": "Patient", "id": "p", "identifier": [
        {"system": IDENTITY["resident"], "value": patient.identity_number}]}  # fmt: skip
    found = {"resourceType": "Observation", "status": "final", "code": {"text": "血糖"}, "valueString": "5.6",
             "subject": {"reference": "Patient/p"}}  # fmt: skip
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": person}, {"resource": found}]}


def _twins(cast: Any) -> dict[str, Any]:
    """A pair of records that may be one person's, and one that was joined."""
    pair = [make_patient(cast.county, name="李秀英", phone="+8613900001111") for _ in range(2)]
    look_for([pair[0].id], at=cast.at)
    joined = [make_patient(cast.county) for _ in range(2)]
    head = as_staff(make_member("department_head", cast.county).account, ("department_head", cast.county.id))
    return {
        "likeness_id": Likeness.objects.get().id, "survivor_id": pair[0].id, "replaced_id": pair[1].id,
        "merge_id": merge_patients(joined[0], joined[1], actor=head, at=cast.at).id,
    }  # fmt: skip


def _emergency(cast: Any, doctor: Any) -> dict[str, Any]:
    """A record that somebody opened in an emergency, not yet judged."""
    patient = make_patient(cast.county, name="李建国")
    found = open_emergency(
        name=patient.name, number=patient.identity_number, reason="昏迷，须立即了解用药史", actor=cast.actor(doctor),
        at=cast.at,
    )  # fmt: skip
    return {"emergency_id": found.case_id, "emergency_name": patient.name, "emergency_number": patient.identity_number}


def _referrals(cast: Any, delivered: Any, guardian: Any) -> tuple[Any, Any]:
    """A referral that the centre's own coordinators are to take, and a letter that is being written."""
    target = make_organisation("转诊门诊", kind="department", parent=cast.platform)
    people = {"applicant": cast.applicant, "patient": cast.patient_account, "family": guardian}
    return sent(cast, delivered, target), on_the_desk(cast, delivered, target, people)


def build(travel: Any) -> World:
    """Make everything that an address may name."""
    cast = make.make_cast(travel)
    guardian = make_guardian(cast.patient).account
    doctor = cast.actor(cast.applicant)
    delivered = make.delivered(cast)
    referral, desk = _referrals(cast, delivered, guardian)
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
    accepted = application.invitations.filter(expert=cast.experts[1]).get()
    raw = demo.load_instruments(cast.county, at=cast.at)
    centre = _centre(cast)
    return World(
        persons=persons,
        files={person: _uploads(cast, account) for person, account in persons.items() if account},
        delivered=delivered.case_id,
        desk=desk.case_id,
        picture=picture,
        lab=_laboratory(cast),
        values={
            "case_id": application.case_id, "invitation_id": invitation.id, "message_id": message.id,
            "number": message.number, "patient_id": cast.patient.id,
            "guardian_id": cast.patient.guardians.get().id,
            "document_id": transcript.document_id,
            "study_id": ImagingStudy.objects.get().id, "series_id": ImagingSeries.objects.get().id,
            "instance_id": ImagingInstance.objects.order_by("id").first().id, "index": 0, "n": 1,
            "mark_id": _mark(cast, application.case_id).id,
            "arrival_id": _arrival(cast),
            "import_id": ImagingStudy.objects.get().patient.imports.get().id,
            "consent_id": Consent.objects.order_by("id").last().id,
            "file_id": upload.id, "entry_id": notify.list_inbox(cast.applicant.id)[0].id,
            "opinion_id": application.opinions.first().id if application.opinions.exists() else application.id,
            "draft_id": Draft.objects.create(account=cast.applicant, content={"patient_id": str(cast.patient.id)}, updated_at=cast.at).id,
            "referral_id": referral.case_id, "target_id": referral.target_id, "consultation_id": delivered.case_id,
             **centre, **_twins(cast), **_copy(cast), **_emergency(cast, invitee), "kind": "contracts",
             "accepted_id": accepted.id, "free_expert_id": make_practitioner(name="待邀专家").account.id,
             "specialty": application.specialty_id,
             "token": _link(cast, application), "question_id": application.id, "version": 1, "account_place": invitee.practitioner.organisation_id,
             "link_id": FamilyLink.objects.get(application=application).id, "code": get_report(delivered.id).code, "account_id": invitee.id, "status": 403, "name": "inbox", "pk": 1, "uidb36": "abc", "key": "set-password",
             "instrument_id": raw.instrument_id, "raw_message_id": raw.id,
            "app_label": "people", "url": "nowhere", "var": "nowhere",
            "content_type_id": ContentType.objects.get_for_model(Organisation).id, "object_id": cast.county.id,
        },
    )  # fmt: skip


def _uploads(cast: Any, account: Any) -> dict[str, Any]:
    """Finished uploads of one person, by purpose."""
    actor = cast.actor(account)
    images = files.store("ct.zip", CT_ZIP, actor=actor, at=cast.at, purpose="imaging").id
    bundle = files.store("record.json", b'{"resourceType": "Bundle"}', actor=actor, at=cast.at, purpose="fhir").id
    return {
        "bundle": bundle,
        "document": make.store_pdf(actor, cast.at),
        "consent": make.store_pdf(actor, cast.at),
        "imaging": images,
    }


def _link(cast: Any, application: Any) -> str:
    actor = cast.actor(cast.applicant)
    _row, token = make_link(actor, application.case_id, name="女儿", phone="13800138000", days=3, at=cast.at)
    return token


def _laboratory(cast: Any) -> dict[str, Any]:
    """A tube of the patient with a value that waits for its review, an exception about it, and a printed report."""
    load_shipped()
    site = Site.objects.create(organisation=cast.county, laboratory=cast.county, name="采样点", code="0001")
    collector = cast.actor(make_member("collector", cast.county).account)
    tube = collect_tube(
        site, client_id=UUID(int=1), barcode="TUBE-0001", capacity=1, panel_code="CBC", collected_at=cast.at,
        persons=[Entry(code=write_code(cast.patient.id))], actor=collector, at=cast.at,
    )  # fmt: skip
    lines = [Reading("TUBE-0001", "HGB", value="140"), Reading("TUBE-0001", "PLT", value="9999")]
    found = take(lines, message_id=UUID(int=2), instrument_id=None, at=cast.at).observations[-1]
    trouble = report_trouble(
        Found("implausible", "implausible:1", cast.county.id, cast.county.id, site.id, found.id), at=cast.at
    )
    loose = collect_tube(
        site, client_id=UUID(int=3), barcode="TUBE-0002", capacity=1, panel_code="NCOV", collected_at=cast.at,
        persons=[Entry(code=write_code(cast.patient.id))], actor=collector, at=cast.at,
    )  # fmt: skip
    packed = collect_tube(
        site, client_id=UUID(int=4), barcode="TUBE-0003", capacity=1, panel_code="NCOV", collected_at=cast.at,
        persons=[Entry(code=write_code(cast.patient.id))], actor=collector, at=cast.at,
    )  # fmt: skip
    box = seal_box(site, code="BOX-1", barcodes=[packed.barcode], actor=collector, at=cast.at)
    printed = print_report(tube, cast.patient, language="en", actor=collector, at=cast.at)
    roster = f"姓名,身份证号\n赵小兰,{make_number()}\n".encode()
    held = take_list(site, roster, "list.csv", actor=collector, at=cast.at)
    upstream = Upstream.objects.create(organisation=cast.county, name="省平台", format="fhir", url="http://127.0.0.1:9")
    return {"barcode": tube.barcode, "patient_id": cast.patient.id, "observation_id": found.id,
            "list_id": held.id, "upstream_id": upstream.id,
            "case_id": trouble.case_id if trouble else None, "code": printed.paper.code, "site_id": site.id,
            "loose": loose.barcode, "box_code": box.code, "health_code": write_code(cast.patient.id)}  # fmt: skip


def _at_the_bench(cast: Any) -> Any:
    """Somebody of the county's laboratory who looks after the whole house's instruments as well."""
    account = make_member("laboratory", cast.county).account
    make_member("laboratory", cast.platform, account=account)
    return account


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
    clerk = create_staff(actor=SYSTEM, at=cast.at, username="clerk", name="文员", organisation_id=cast.county.id)
    role = make_member("laboratory", cast.county, account=clerk)
    return {"clerk_id": clerk.id, "membership_id": role.id, "organisation_id": cast.county.id, "shift_id": shift.id, "ring_id": ring.id, "absence_id": absence.id, "row_id": contract.id,
            "contract_id": contract.id, "centre_id": cast.platform.id,
            "expert_place": one.practitioner.organisation_id}  # fmt: skip


def _mark(cast: Any, case_id: UUID) -> Any:
    image = ImagingInstance.objects.select_related("series__study__patient").order_by("id").first()
    expert = cast.actor(cast.experts[0])
    return mark_image(image, case_id, index=0, window=None, note="", actor=expert, at=cast.at)


def _study(cast: Any, doctor: Any) -> Any:
    data = make_zip(make_ct(cast.patient))
    upload = files.store("ct.zip", data, actor=doctor, at=cast.at, purpose="imaging")
    patient = access_patient(doctor, cast.patient.id, to="add")
    run_import(start_import(patient, [upload.id], actor=doctor, at=cast.at).id, at=cast.at)
    return ImagingStudy.objects.get(patient_id=cast.patient.id)


def _arrival(cast: Any) -> UUID:
    """A study that a device of the hospital sent, of nobody we know."""
    station = Station.objects.create(
        organisation_id=cast.patient.organisation_id, name="CT", ae_title="CT1", address="192.0.2.7"
    )
    [(_name, data)] = make_ct(slices=1)
    return keep_image(station, data, at=cast.at)[1]


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


def _row_of(route: str) -> Any:
    """The key of a row of the table that an address of the back office names."""
    _admin, label, name, *_rest = route.split("/")
    rows = apps.get_model(label, name).objects.order_by("pk")
    first = (rows.filter(kind="staff") if name == "account" else rows).first()
    return first.pk if first else "0"
