"""A dozen consultations in every state: what a centre's worklist looks like on an ordinary day."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from huizhen.consult.joint.demo import stories as s
from huizhen.consult.joint.demo.stories import Story, Words
from huizhen.consult.joint.demo.walk import Walk

GU, XU, SHEN, QIN, TANG = "gu.chengyuan", "xu.wen", "shen.yi", "qin.yue", "tang.xin"

AGREED = Words("资料完整，影像与化验已审阅。", "同意目前诊断，处理方向正确。", "按上述方案继续，一周后复查。")


def load(at: datetime) -> Iterator[str]:
    """Tell every story that has not been told. Needs the people and patients of the other loaders."""
    told = 0
    for story, ago, tell in TOLD:
        walk = Walk(story, at - ago)
        if not walk.is_told():
            tell(walk.send(), at)
            told += 1
    yield f"joint consultations: {told} of {len(TOLD)} made now"


def _stay(walk: Walk, at: datetime) -> None:
    """Nothing happened yet."""


def _waiting(walk: Walk, at: datetime) -> None:
    note = "请补传动态心电图报告（含长间歇的片段）和近期用药。"
    walk.after(minutes=25).ask_material(["material", "history"], note)
    walk.after(hours=1).say(
        "lin.qiao", "孙医生您好，动态心电图有长间歇那一段最关键，拍照上传也可以。".replace("孙", "周")
    )
    walk.after(hours=2).say("zhou.lan", "好的，病人家属下午送来，收到马上补上。")


def _received(walk: Walk, at: datetime) -> None:
    walk.after(minutes=20).move("accept_material")


def _assigning(walk: Walk, at: datetime) -> None:
    walk.after(minutes=12).accept().invite(SHEN, GU, XU, answers={GU: False, XU: True})


def _nodule(walk: Walk, at: datetime) -> None:
    walk.begin(GU, XU, TANG).after(hours=1).say(XU, "结节边缘有毛刺，患者以前拍过胸片或 CT 吗？如有请补充。")
    walk.after(minutes=30).say("zhou.lan", "两年前在外院拍过胸片，胶片正在找，找到后马上补传。")
    walk.say(TANG, "实性成分是否稳定是关键，若外院旧片能找到，我倾向先对比再定。", audience="panel")
    walk.after(hours=2).sign(XU, s.NODULE_OPINIONS[XU])


def _ventilation(walk: Walk, at: datetime) -> None:
    walk.begin(GU, QIN).after(minutes=40)
    walk.extend(at + timedelta(hours=2), "顾承远主任临时有紧急抢救，预计两小时内给出意见。")


def _meeting(walk: Walk, at: datetime) -> None:
    walk.begin(TANG, SHEN).after(hours=2)
    walk.sign(SHEN, Words("病理分期明确，切缘阴性。", "辅助化疗应继续。", "预防性使用升白药物，剂量不减。"))
    walk.after(hours=1).move("call_meeting", TANG)


def _times_offered(walk: Walk, at: datetime) -> None:
    walk.begin(TANG, SHEN).after(hours=1).offer_times(TANG, votes=(TANG, SHEN))


def _drafting(walk: Walk, at: datetime) -> None:
    walk.begin(GU, XU, TANG)
    opinions = {
        GU: Words(
            "双下肺胸膜下为主网格影及牵拉性支气管扩张，可见蜂窝。", "符合特发性肺纤维化（UIP 型）。",
            "建议启动尼达尼布 150 mg 每日两次，监测肝功能。\n长期家庭氧疗，接种流感与肺炎疫苗。",
        ),
        XU: Words("蜂窝影分布于双肺基底部及外带，符合 UIP 型。", "符合特发性肺纤维化（UIP 型）。", "六个月后复查高分辨 CT。"),
        TANG: Words(
            "同意影像描述。", "有二十年家禽接触史，不能除外慢性过敏性肺炎。",
            "建议先脱离禽类环境，查血清沉淀抗体，必要时肺泡灌洗后再定抗纤维化治疗。", "dissent",
            "家禽养殖史长，病因未排除前不宜直接定为特发性。",
        ),
    }  # fmt: skip
    for who, words in opinions.items():
        walk.after(hours=2).sign(who, words)


def _delivered(walk: Walk, at: datetime) -> None:
    walk.begin(QIN, GU).after(hours=3)
    walk.sign(QIN, Words(
        "射血分数下降的心力衰竭，容量负荷仍重，血钾偏高。", "利尿剂抵抗与肾灌注不足、钠摄入过多有关。",
        "呋塞米改静脉 80 mg 每日两次，联合托伐普坦 7.5 mg；沙库巴曲缬沙坦减半，血钾低于 5.0 后再恢复。\n每日称体重，三日后复查肾功能与电解质。",
    ))  # fmt: skip
    walk.after(hours=2).sign(
        GU, Words("未见肺部感染征象。", "利尿剂抵抗与肾灌注不足、钠摄入过多有关。", "限盐每日 3 克以内。")
    )
    walk.after(hours=1).issue(QIN)


def _wang_delivered(walk: Walk, at: datetime) -> None:
    walk.begin(GU, XU, TANG)
    for who, words in s.NODULE_OPINIONS.items():
        walk.after(hours=3).sign(who, words)
    walk.after(hours=2).issue(GU)
    walk.after(hours=1).correct(
        GU, "结论中实性成分误写为 15 mm，应为 5 mm。",
        "右肺上叶 14 mm 混合磨玻璃结节，实性成分 5 mm，考虑微浸润性腺癌可能性大。",
    )  # fmt: skip
    walk.after(hours=3).say("zhou.lan", "报告已经和王阿姨及家属一起看过，谢谢各位老师。")


def _asked_back(walk: Walk, at: datetime) -> None:
    walk.begin(GU, XU).after(hours=3).sign(GU, AGREED).after(hours=1).sign(XU, AGREED).after(hours=1).issue(GU)
    walk.after(hours=2).ask_back("复查时需要做增强 CT 吗？患者对碘过敏。")


def _cosigning(walk: Walk, at: datetime) -> None:
    walk.begin(GU, XU).after(hours=1).sign(GU, AGREED).after(hours=1).sign(XU, AGREED)
    walk.after(minutes=20).ask_to_cosign(GU, XU)


def _closed(walk: Walk, at: datetime) -> None:
    walk.begin(GU, XU).after(hours=4).sign(GU, AGREED).after(hours=1).sign(XU, AGREED).after(hours=1).issue(GU)
    walk.after(hours=5).ask_back("如果两周后仍未完全吸收，是复查 CT 还是直接做支气管镜？")
    walk.after(hours=2).reply(GU, "先复查薄层 CT；若有支气管狭窄或体积缩小，再做支气管镜。")
    walk.after(hours=20).move("close", walk.doctor).after(hours=1).rate_and_follow_up()


def _withdrawn(walk: Walk, at: datetime) -> None:
    walk.after(minutes=30).move("withdraw", walk.doctor, reason="患者已自行前往省城就诊。")


def _referred(walk: Walk, at: datetime) -> None:
    walk.after(minutes=10).accept().after(minutes=20)
    walk.move("refer", reason="肺门肿块侵犯大血管，需尽快到有介入和放疗条件的医院，建议直接转诊。")


Telling = tuple[Story, timedelta, Callable[[Walk, datetime], None]]
FIRST_NODULE = s.Story(**{**s.NODULE.__dict__, "key": "nodule-report"})

TOLD: tuple[Telling, ...] = (
    (s.CHEST_PAIN, timedelta(minutes=40), _stay),
    (s.POSTPARTUM, timedelta(minutes=18), _stay),
    (s.FAINTING, timedelta(hours=5), _waiting),
    (s.PALPITATION, timedelta(minutes=55), _received),
    (s.MEDIASTINUM, timedelta(hours=2), _assigning),
    (s.NODULE, timedelta(hours=6), _nodule),
    (s.COPD, timedelta(hours=3, minutes=30), _ventilation),
    (s.LYMPHOMA, timedelta(hours=7), _meeting),
    (s.told_again(s.LYMPHOMA, "times"), timedelta(hours=3), _times_offered),
    (s.COUGH, timedelta(hours=9), _drafting),
    (s.FAILURE, timedelta(days=1, hours=4), _delivered),
    (FIRST_NODULE, timedelta(days=3), _wang_delivered),
    (s.PNEUMONIA, timedelta(days=5), _closed),
    (s.told_again(s.PNEUMONIA, "asked-back"), timedelta(hours=11), _asked_back),
    (s.told_again(s.COUGH, "cosigning"), timedelta(hours=4), _cosigning),
    (s.PALPITATION.__class__(**{**s.PALPITATION.__dict__, "key": "withdrawn"}), timedelta(days=2), _withdrawn),
    (s.MASS, timedelta(days=1), _referred),
)
