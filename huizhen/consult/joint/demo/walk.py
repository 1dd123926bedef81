"""The people of the demonstration at work: each method is one real act at a moment of the story."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.aftercare import actions as aftercare
from huizhen.consult.joint.demo.papers import make_paper
from huizhen.consult.joint.demo.stories import PATIENTS, Story, Words
from huizhen.consult.joint.meetings import actions as meetings
from huizhen.consult.joint.queries import find_sent
from huizhen.consult.joint.questions import actions as questions
from huizhen.consult.joint.questions.queries import list_questions
from huizhen.kernel import files, talk
from huizhen.kernel.access import Actor
from huizhen.people.accounts.queries import get_actor, get_staff
from huizhen.people.organisations.queries import list_memberships
from huizhen.records.demo import load_patient
from huizhen.records.documents.actions import add_document
from huizhen.records.imaging.access import list_studies
from huizhen.records.patients.access import access_patient

COORDINATOR = "lin.qiao"


class Walk:
    """One consultation; `began` is when its application was sent, every other moment is counted from there."""

    def __init__(self, story: Story, began: datetime) -> None:
        self.story, self.began = story, began
        self.doctor, sample = PATIENTS[story.patient]
        self.applicant = actor(self.doctor)
        place = list_memberships(self.applicant.account_id)[0][1] if self.applicant.account_id else None
        self.patient = load_patient(sample, place, began)  # type: ignore[arg-type]  # who applies works somewhere
        self.case_id = UUID(int=0)
        self.minutes = 0.0

    @property
    def at(self) -> datetime:
        """The story's present moment."""
        return self.began + timedelta(minutes=self.minutes)

    def after(self, **length: float) -> "Walk":
        """Time passes."""
        self.minutes += timedelta(**length).total_seconds() / 60
        return self

    def is_told(self) -> bool:
        """Whether this story has been told by an earlier run."""
        key = self.applicant.account_id
        return key is not None and find_sent(key, self.key) is not None

    @property
    def key(self) -> str:
        """The story's sent key."""
        return f"demo-{self.story.key}"

    def send(self) -> "Walk":
        """Material, the signed form, and the application."""
        story = self.story
        documents = [self._document(kind, title, lines) for kind, title, lines in story.papers]
        person = access_patient(self.applicant, self.patient.id)
        studies = [one.id for one in list_studies(self.applicant, person)]
        form = make_paper(
            "会诊知情同意书", (f"患者：{self.patient.name}", "本人同意将病历资料用于本次网络会诊。", "签名：（已签）")
        )
        paper = files.store("知情同意书.pdf", form, actor=self.applicant, at=self.at, purpose="document")
        wanted = actions.Wanted(
            sent_key=self.key, patient_id=self.patient.id, purpose=story.purpose, question=story.question,
            summary=story.summary, specialty=story.specialty, consent_file_id=paper.id,
            urgency="urgent" if story.urgent_why else "normal", wants_meeting=story.wants_meeting,
            document_ids=tuple(documents), study_ids=tuple(studies), urgent_why=story.urgent_why,
        )  # fmt: skip
        self.case_id = actions.submit(self.applicant, wanted, at=self.at).case_id
        return self

    def _document(self, kind: str, title: str, lines: tuple[str, ...]) -> UUID:
        page = make_paper(title, (f"患者：{self.patient.name}", *lines))
        file = files.store(f"{title}.pdf", page, actor=self.applicant, at=self.at, purpose="document")
        made = add_document(
            self.patient, file_id=file.id, kind=kind, title=title, actor=self.applicant, at=self.at,
            taken_on=self.at.date() - timedelta(days=2),
        )  # fmt: skip
        return made.id

    def move(self, name: str, who: str = COORDINATOR, **given: Any) -> "Walk":
        """A plain move."""
        actions.make_move(actor(who), self.case_id, name, at=self.at, **given)
        return self

    def ask_material(self, missing: list[str], note: str) -> "Walk":
        """The centre asks for what is missing."""
        actions.ask_material(actor(COORDINATOR), self.case_id, missing=missing, note=note, at=self.at)
        return self

    def accept(self) -> "Walk":
        """The centre finds everything there and begins to look for experts."""
        return self.move("accept_material").after(minutes=4).move("start_assigning").after(minutes=6)

    def invite(self, *names: str, answers: Mapping[str, bool]) -> "Walk":
        """Experts are invited at once; those named in `answers` accept or decline."""
        accounts = [actor(name).account_id for name in names]
        made = actions.invite(
            actor(COORDINATOR), self.case_id, [a for a in accounts if a], at=self.at, despite_limit=True
        )
        for name, invitation in zip(names, made, strict=True):
            if name in answers:
                reason = "" if answers[name] else "本周门诊已排满，抱歉。"
                accepts = answers[name]
                self.after(minutes=5)
                actions.answer(actor(name), invitation.id, accepts=accepts, at=self.at, reason=reason)
                if accepts and name == next((n for n in names if answers.get(n)), ""):
                    actions.name_chair(actor(COORDINATOR), self.case_id, invitation.id, at=self.at)
        return self

    def begin(self, *names: str) -> "Walk":
        """From the application to the experts' desks; the first named takes the chair."""
        self.after(minutes=9).accept()
        return self.invite(*names, answers=dict.fromkeys(names, True)).after(minutes=3).move("start_review")

    def sign(self, who: str, words: Words) -> "Walk":
        """One expert writes and signs."""
        fields = actions.OpinionFields(
            words.findings, words.assessment, words.advice, words.stance, words.reason, words.template,
            dict(words.answers),
        )  # fmt: skip
        actions.save_opinion(actor(who), self.case_id, fields, at=self.at)
        self.after(minutes=1)
        actions.sign_opinion(actor(who), self.case_id, at=self.at)
        return self

    def extend(self, until: datetime, reason: str) -> "Walk":
        """The centre gives more time and says why."""
        actions.extend(actor(COORDINATOR), self.case_id, until=until, reason=reason, at=self.at)
        return self

    def issue(self, chair: str) -> "Walk":
        """The chair approves, the file is signed and delivered."""
        actions.begin_draft(self.case_id, at=self.at)
        actions.approve_report(actor(chair), self.case_id, at=self.at)
        actions.issue_report(self.case_id, at=self.after(minutes=1).at)
        return self

    def say(self, who: str, body: str, audience: str = "patient") -> "Walk":
        """Somebody writes into the conversation."""
        talk.post(
            self.case_id, actor=actor(who), at=self.at, body=body, audience=audience,
            client_id=f"demo-{self.story.key}-{self.minutes:.0f}-{who}",
        )  # fmt: skip
        return self

    def reply(self, who: str, answer: str) -> "Walk":
        """An expert answers the question that is open."""
        seen = access_joint(actor(who), self.case_id)
        question = next(one for one in list_questions(seen.application.id) if not one.answered_at)
        questions.reply(actor(who), self.case_id, question.id, answer=answer, at=self.at)
        return self

    def correct(self, chair: str, reason: str, conclusion: str) -> "Walk":
        """The chair corrects the delivered report; the new version is signed."""
        actions.correct_report(actor(chair), self.case_id, reason=reason, at=self.at)
        content = {"conclusion": [{"text": conclusion, "sources": []}], "advice": []}
        actions.save_report(actor(chair), self.case_id, content, at=self.after(minutes=10).at)
        actions.approve_report(actor(chair), self.case_id, at=self.at)
        actions.issue_report(self.case_id, at=self.after(minutes=1).at)
        return self

    def ask_to_cosign(self, chair: str, who: str) -> "Walk":
        """An expert wishes to sign too, and the chair has approved."""
        actions.wish_to_cosign(actor(who), self.case_id, wishes=True)
        actions.begin_draft(self.case_id, at=self.at)
        actions.approve_report(actor(chair), self.case_id, at=self.at)
        return self

    def offer_times(self, chair: str, votes: tuple[str, ...]) -> "Walk":
        """The chair has times found; some say that they can at the first."""
        meeting = meetings.offer_times(actor(chair), self.case_id, minutes=30, at=self.at)
        first = meeting.options.order_by("starts_at")[0]
        for who in votes:
            meetings.vote(actor(who), self.case_id, [first.id], at=self.at)
        return self

    def rate_and_follow_up(self) -> "Walk":
        """The doctor who applied rates the consultation and says what became of the advice."""
        aftercare.rate(
            self.applicant, self.case_id, aftercare.Stars(5, 5, 4), words="意见具体，基层能照着做。", at=self.at
        )
        aftercare.record_outcome(
            self.applicant, self.case_id, followed="yes", course="better", diagnosis_held=True,
            words="一周后复查 CT，病灶明显吸收，已回社区随访。", at=self.at,
        )  # fmt: skip
        return self

    def ask_back(self, question: str) -> "Walk":
        """The applicant asks about the report."""
        key = f"demo-back-{self.story.key}"
        questions.ask_back(self.applicant, self.case_id, question=question, sent_key=key, at=self.at)
        return self


def actor(username: str) -> Actor:
    """A demonstration account as it acts."""
    return get_actor(get_staff(username))
