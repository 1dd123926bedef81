"""A believable case for tests and demonstrations of the paper."""

import io
from datetime import UTC, date, datetime, timedelta

import numpy as np
from PIL import Image

from huizhen.consult.joint.report.content import (
    Material,
    OpinionText,
    Patient,
    Person,
    Picture,
    ReportContent,
    Sex,
    Stance,
)
from huizhen.consult.joint.report.rules import draft_report

AT = datetime(2026, 11, 21, 6, 5, tzinfo=UTC)
CHAIR = Person("e1", "陈思远", "主任医师", "呼吸与危重症医学科", "省人民医院")
RADIOLOGIST = Person("e2", "林若兰", "副主任医师", "放射科", "省人民医院")
SURGEON = Person("e3", "欧阳靖", "主任医师", "胸外科", "市第一医院")
AGREED = "右肺上叶混合磨玻璃结节（约 14 mm），实性成分约 6 mm，首先考虑早期肺腺癌。"


def make_opinions() -> tuple[OpinionText, ...]:
    """Three opinions: the chair's, one that agrees, one that differs."""
    return (
        OpinionText(
            "o1",
            CHAIR,
            "胸部薄层 CT：右肺上叶尖段见混合磨玻璃结节，边缘分叶、可见胸膜牵拉。纵隔淋巴结未见肿大。",
            AGREED,
            "建议 2 周内转上级医院行增强 CT 及多学科评估。\n评估心肺功能（肺功能、心电图、心脏彩超），停烟。",
            AT - timedelta(hours=20),
        ),
        OpinionText(
            "o2",
            RADIOLOGIST,
            "结节大小 14 × 12 mm，CTR 约 0.43，较 2026-05 片增大 3 mm，实性成分为新出现。",
            AGREED,
            "建议 2 周内转上级医院行增强 CT 及多学科评估。",
            AT - timedelta(hours=12),
        ),
        OpinionText(
            "o3",
            SURGEON,
            "同上所见。结节位于尖段外周，解剖性肺段切除可行。",
            "恶性可能性大，不主张继续等待或先行穿刺。",
            "建议直接行胸腔镜下肺段切除并术中冰冻，不先行经皮穿刺活检。",
            AT - timedelta(hours=3),
            stance=Stance.DISSENT,
            stance_reason="等待多学科评估会延误手术时机；外周小结节穿刺假阴性率高。",
        ),
    )


def make_content(opinions: tuple[OpinionText, ...] | None = None, **changes) -> ReportContent:
    """A whole report about the sample case; `changes` replace its fields."""
    opinions = make_opinions() if opinions is None else opinions
    fields = {
        "centre": "慧诊区域远程会诊中心",
        "case_number": "H2026-0471-K",
        "verify_url": "https://huizhen.example/verify/H2026-0471-K",
        "patient": Patient("王秀英", Sex.FEMALE, date(1958, 3, 9), "3301**********002X", "ZY-20261120-018"),
        "applicant": Person("a1", "周明", "主治医师", "呼吸内科", "青溪县人民医院"),
        "applied_at": AT - timedelta(hours=26),
        "purpose": "明确诊断，指导下一步治疗",
        "question": "右肺上叶结节半年内增大，性质如何？是否需要手术？\n患者合并慢阻肺，能否耐受？",
        "summary": "女，68 岁，体检发现右肺上叶结节 6 月余，无咳血、无消瘦。慢阻肺病史 8 年，规律吸入治疗。"
        "吸烟史 30 年（已戒 2 年）。肿瘤标志物：CEA 6.2 ng/mL（↑），CYFRA21-1 正常。",
        "chair": CHAIR,
        "draft": draft_report(opinions, chair=CHAIR.key),
        "opinions": opinions,
        "materials": (
            Material("CT", "胸部薄层平扫（312 幅）", date(2026, 11, 18), "青溪县人民医院"),
            Material("CT", "胸部平扫（256 幅），对照", date(2026, 5, 12), "青溪县人民医院"),
            Material("检验", "肿瘤标志物、血常规、肝肾功能", date(2026, 11, 19), "青溪县人民医院"),
            Material("检查", "肺功能报告.pdf", date(2026, 11, 19), "青溪县人民医院"),
        ),
        "demonstration": True,
    }
    return ReportContent(**(fields | changes))


def make_picture(seed: int, side: int = 512) -> Picture:
    """A grey picture that looks a little like a slice: a bright ring, a dark inside, some noise."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = np.where((x / 0.9) ** 2 + (y / 0.7) ** 2 < 1, 120, 10)
    for middle in (-0.4, 0.4):
        body = np.where(((x - middle) / 0.3) ** 2 + (y / 0.5) ** 2 < 1, 30, body)
    noise = np.random.default_rng(seed).normal(0, 8, body.shape)
    spot = 90 * np.exp(-(((x - 0.35) ** 2 + (y + 0.2) ** 2) / 0.002))
    out = io.BytesIO()
    Image.fromarray(np.clip(body + noise + spot, 0, 255).astype("uint8")).save(out, format="PNG")
    return Picture(out.getvalue(), f"右肺上叶，肺窗，第 {80 + seed} 层")
