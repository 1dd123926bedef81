"""The demonstration's referrals, invented: one expected at the hospital, one waiting for its answer, one answered."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.consult.joint.demo.papers import make_paper
from huizhen.consult.joint.queries import find_sent
from huizhen.consult.referrals import actions
from huizhen.consult.referrals.queries import list_of
from huizhen.kernel import files
from huizhen.kernel.access import Actor
from huizhen.people.accounts.queries import get_actor, get_staff
from huizhen.people.organisations.queries import list_organisations

COORDINATOR = "fang.min"
FORM = ("患者：见申请", "本人同意将转诊信与会诊资料交江城大学附属医院，用于本次转诊。", "签名：（已签）")
ANSWER = "支气管镜活检未见肿瘤细胞，抗感染后复查 CT 病灶基本吸收，已出院，一月后门诊复查。"
# who applied, the story's sent key, where to, how long ago the letter was begun, how far it has come
REFERRED = (
    ("zhou.lan", "demo-nodule-report", "JC-U-CHEST", timedelta(hours=20), "accepted"),
    ("he.miao", "demo-failure", "JC-U-HEART", timedelta(hours=5), "sent"),
    ("zhou.lan", "demo-pneumonia", "JC-U-CHEST", timedelta(days=3), "answered"),
)


def load(at: datetime) -> Iterator[str]:
    """Make what is missing; needs the consultations of the demonstration."""
    coordinator = _actor(COORDINATOR)
    places = {row.code: row.pk for row in list_organisations()}
    made = 0
    for username, key, place, ago, state in REFERRED:
        doctor = _actor(username)
        application = find_sent(doctor.account, key)
        if application is not None and not list_of(application.id):
            _tell(doctor, coordinator, application.case_id, places[place], state, at - ago)
            made += 1
    yield f"referrals: {made} of {len(REFERRED)} made now"


def _tell(doctor: Actor, coordinator: Actor, joint_id: UUID, place: UUID, state: str, at: datetime) -> None:
    case_id = actions.begin(doctor, joint_id, target_id=place, at=at).case_id
    paper = files.store(
        "转诊知情同意书.pdf", make_paper("转诊知情同意书", FORM), actor=doctor, at=at, purpose="document"
    )
    actions.agree(doctor, case_id, paper_file_id=paper.id, at=at)
    actions.save_letter(doctor, case_id, {"note": "已告知住院准备，家属一人陪同。"}, pictures=True, at=at)
    actions.sign_letter(doctor, case_id, at=at + timedelta(minutes=10))
    actions.issue_letter(case_id, at=at + timedelta(minutes=11))
    if state == "sent":
        return
    when = (at + timedelta(days=2)).replace(hour=1, minute=30, second=0, microsecond=0)
    where = "门诊楼三层胸外科，沈毅医生；请带身份证和既往片子"
    actions.accept(coordinator, case_id, appointment_at=when, place=where, at=at + timedelta(hours=1))
    if state == "answered":
        actions.record_arrival(coordinator, case_id, at=at + timedelta(hours=44))
        actions.report_back(
            coordinator, case_id, course="better", diagnosis_held=True, words=ANSWER, at=at + timedelta(hours=60)
        )


def _actor(username: str) -> Actor:
    account = get_staff(username)
    if account is None:
        raise LookupError(f"{username} comes with the demonstration's people, which are loaded before")
    return get_actor(account)
