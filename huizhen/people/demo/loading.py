"""The demonstration's people: one region with three hospitals, a county behind the hills, and its patients.

All names are invented. Every staff log-in has the password `DEMO_PASSWORD`; its second factor is shown at log-in.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from huizhen.kernel.access import SYSTEM
from huizhen.people.accounts import actions as accounts
from huizhen.people.accounts import queries as account_queries
from huizhen.people.credentials import actions as credentials
from huizhen.people.credentials import queries as credential_queries
from huizhen.people.organisations import actions as organisations
from huizhen.people.organisations import queries as tree

DEMO_PASSWORD = "huizhen-demo"  # noqa: S105  shown to everybody on purpose, and refused outside the demonstration

# code: parent, kind, name, has a consultation centre
PLACES = {
    "JC": ("", "platform", "江城市远程医疗平台", True),
    "JC-1": ("JC", "hospital", "江城市第一人民医院", False),
    "JC-1-RESP": ("JC-1", "department", "呼吸与危重症医学科", False),
    "JC-1-IMG": ("JC-1", "department", "医学影像科", False),
    "JC-U": ("JC", "hospital", "江城大学附属医院", False),
    "JC-U-CHEST": ("JC-U", "department", "胸外科", False),
    "JC-U-HEART": ("JC-U", "department", "心血管内科", False),
    "JC-T": ("JC", "hospital", "江城市肿瘤医院", False),
    "JC-T-CHEST": ("JC-T", "department", "胸部肿瘤科", False),
    "QS": ("JC", "group", "青山县医疗共同体", False),
    "QS-1": ("QS", "hospital", "青山县人民医院", False),
    "QS-1-MED": ("QS-1", "department", "内科", False),
    "QS-B": ("QS", "clinic", "白石镇卫生院", False),
}
# log-in name: name, organisation, roles
STAFF = {
    "zhou.lan": ("周岚", "QS-1-MED", ("applicant",)),
    "he.miao": ("何苗", "QS-B", ("applicant",)),
    "lin.qiao": ("林乔", "JC", ("coordinator",)),
    "su.yun": ("苏云", "JC", ("coordinator",)),
    "fang.min": ("方敏", "JC-U", ("coordinator",)),
    "meng.fan": ("孟凡", "JC", ("team_lead",)),
    "gu.chengyuan": ("顾承远", "JC-1-RESP", ("expert", "department_head")),
    "xu.wen": ("许文", "JC-1-IMG", ("expert",)),
    "shen.yi": ("沈毅", "JC-U-CHEST", ("expert",)),
    "qin.yue": ("秦越", "JC-U-HEART", ("expert",)),
    "tang.xin": ("唐欣", "JC-T-CHEST", ("expert",)),
    "chen.lu": ("陈露", "JC", ("laboratory",)),
    "ye.qing": ("叶青", "QS-1", ("laboratory",)),
    "luo.min": ("罗敏", "QS-1", ("laboratory",)),
    "deng.hong": ("邓红", "QS", ("department_head",)),
    "fang.yu": ("方雨", "QS-B", ("collector",)),
    "wu.di": ("吴迪", "JC", ("operator",)),
    "system.admin": ("系统管理员", "JC", ("system_admin",)),
    "security.admin": ("安全管理员", "JC", ("security_admin",)),
    "audit.admin": ("审计管理员", "JC", ("audit_admin",)),
}
# log-in name: title, specialties, focus, practising since
DOCTORS = {
    "zhou.lan": ("attending", ("03",), "基层常见病", 2015),
    "he.miao": ("resident", ("02",), "全科", 2019),
    "gu.chengyuan": ("chief", ("03.01",), "肺结节、间质性肺病、重症肺炎", 1996),
    "xu.wen": ("chief", ("32.01", "32.02"), "胸部 CT、肺结节随访", 2001),
    "shen.yi": ("associate_chief", ("04.05",), "微创肺切除、纵隔肿瘤", 2006),
    "qin.yue": ("chief", ("03.04",), "冠心病、心力衰竭", 1999),
    "tang.xin": ("associate_chief", ("19",), "肺癌内科治疗", 2008),
}
# phone: name, large type
PATIENTS = {"+8613800001001": ("王秀英", True), "+8613800001002": ("王磊", False), "+8613800001003": ("赵德福", True)}


def load(at: datetime) -> Iterator[str]:
    """Make what is missing and tell the log-ins; a second run changes nothing."""
    places = _load_places(at)
    for username, (name, place, roles) in STAFF.items():
        _load_staff(username, name, places[place], roles, at)
        yield f"{username}  {DEMO_PASSWORD}  {name} · {tree.get_full_name(places[place])} · {', '.join(roles)}"
    credentials.load_specialties()
    for username, (title, specialties, focus, since) in DOCTORS.items():
        _load_doctor(username, places[STAFF[username][1]], title, specialties, focus, since, at)
    for phone, (name, large) in PATIENTS.items():
        accounts.open_demo_patient(phone, name=name, elder_mode=large, at=at)
        yield f"{phone.removeprefix('+86')}  {name} · log in with the phone, the code is shown"
    yield "second factor: shown on the log-in page, or `huizhen demo code NAME`"


def _load_places(at: datetime) -> dict[str, UUID]:
    found = {row.code: row.pk for row in tree.list_organisations()}
    for code, (parent, kind, name, is_centre) in PLACES.items():
        if code not in found:
            above = found[parent] if parent else None
            made = organisations.create_organisation(
                actor=SYSTEM, at=at, parent_id=above, kind=kind, name=name, code=code, is_centre=is_centre
            )
            found[code] = made.pk
    return found


def _load_staff(username: str, name: str, place: UUID, roles: tuple[str, ...], at: datetime) -> None:
    account = account_queries.get_staff(username) or accounts.create_staff(
        actor=SYSTEM, at=at, username=username, name=name, organisation_id=place
    )
    held = tree.list_memberships(account.pk)
    for role in roles:
        if (role, place) not in held:
            organisations.add_membership(account.pk, place, role, actor=SYSTEM, at=at)
    accounts.open_demo_account(account.pk, DEMO_PASSWORD)


def _load_doctor(
    username: str, place: UUID, title: str, specialties: tuple[str, ...], focus: str, since: int, at: datetime
) -> None:
    account = account_queries.get_staff(username)
    if account is None or credential_queries.get_practitioner_of(account.pk):
        return
    credentials.register_practitioner(
        account.pk,
        place,
        title=title,
        specialties=specialties,
        subspecialty=focus,
        practising_since=since,
        licence_number=f"1104201{account.pk.int % 10**8:08d}",
        actor=SYSTEM,
        at=at,
    )
