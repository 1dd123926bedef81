"""A consultation as large as they come: the size for which the case page's cost is promised."""

from huizhen.consult.joint.flow import ASKED_AGAIN
from huizhen.consult.joint.models import Application, Material
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel.files.models import File
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.talk.models import Conversation, Message
from huizhen.records.documents.models import Document
from huizhen.records.imaging.models import ImagingImport, ImagingInstance, ImagingSeries, ImagingStudy

ENTRIES, MESSAGES, DOCUMENTS, SERIES, SLICES = 200, 100, 30, 8, 40


def delivered(cast: make.Cast) -> Application:
    """Delivered, with 200 timeline entries, 100 messages, 30 documents and 8 series of 40 images."""
    application = make.delivered(cast)
    add_material(cast, application)
    add_words(cast, application)
    add_entries(cast, application)
    return make.fresh(application)


def add_words(cast: make.Cast, application: Application) -> None:
    """Messages, in turn by everybody; stored together, because a hundred posts take seconds."""
    speakers = [cast.applicant, cast.coordinator, *cast.experts, cast.patient_account]
    Conversation.objects.create(case_id=application.case_id, last_number=MESSAGES, last_cursor=MESSAGES)
    Message.objects.bulk_create(
        Message(
            case_id=application.case_id, number=number, cursor=number, at=cast.at, kind="text", client_id=f"large-{number}",
            sender=speakers[number % len(speakers)], body=f"第 {number} 条：复查的 CT 我再看一遍，今天答复。",
            audience="patient" if number % 6 == 5 else ("patient", "staff", "panel")[number % 3],
        )
        for number in range(1, MESSAGES + 1)
    )  # fmt: skip


def add_entries(cast: make.Cast, application: Application) -> None:
    """Lines of the timeline up to the promised number, and the case's version with them."""
    version = Case.objects.values_list("version", flat=True).get(id=application.case_id)
    CaseEvent.objects.bulk_create(
        CaseEvent(case_id=application.case_id, number=number, at=cast.at, actor=cast.coordinator, kind=ASKED_AGAIN,
                  to_state=application.case.state, audience="patient")
        for number in range(version + 1, ENTRIES + 1)
    )  # fmt: skip
    Case.objects.filter(id=application.case_id).update(version=ENTRIES)


def add_material(cast: make.Cast, application: Application) -> None:
    """Documents over one content, and series whose images are rows only: pages show that they are there."""
    by, at, patient = cast.applicant, cast.at, application.patient
    file = File.objects.select_related("content").get(id=make.store_pdf(cast.actor(by), at))
    files = [
        File(name=f"{number}.pdf", purpose="document", state="ready", size=file.size, offset=file.size, created_at=at,
             media_type=file.media_type, content=file.content, created_by=by)
        for number in range(DOCUMENTS - application.materials.count())
    ]  # fmt: skip
    File.objects.bulk_create(files)
    papers = [
        Document(patient=patient, kind="lab_report", title=f"化验单 {number + 1}", file=one, pages=1, uploaded_by=by,
                 uploaded_at=at)
        for number, one in enumerate(files)
    ]  # fmt: skip
    Document.objects.bulk_create(papers)
    study = ImagingStudy.objects.create(
        patient=patient, study_uid=f"2.25.{application.id.int}", description="胸部 CT", added_by=by, added_at=at
    )
    run = ImagingImport.objects.create(patient=patient, files=[], started_by=by, started_at=at)
    series = [
        ImagingSeries(study=study, series_uid=f"{study.study_uid}.{number}", number=number, modality="CT",
                      description=f"序列 {number}")
        for number in range(SERIES)
    ]  # fmt: skip
    ImagingSeries.objects.bulk_create(series)
    ImagingInstance.objects.bulk_create(
        ImagingInstance(series=one, sop_uid=f"{one.series_uid}.{place}", syntax="1.2.840.10008.1.2.1", number=place,
                        position=float(place), rows=512, columns=512, frames=1, file=file, fingerprint="", run=run,
                        place=place)
        for one in series
        for place in range(SLICES)
    )  # fmt: skip
    shared = {"application": application, "added_by": by, "added_at": at}
    Material.objects.bulk_create(
        [*(Material(document=paper, **shared) for paper in papers), Material(study=study, **shared)]
    )
