"""The templates that come with the product. An operator changes them at /admin; what is there already is left alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from huizhen.consult.joint.findings.actions import add_template

Pair = tuple[str, str, str]


def choices(*pairs: Pair) -> list[dict[str, str]]:
    """Code, Chinese, English."""
    return [{"code": code, "label": label, "label_en": english} for code, label, english in pairs]


def item(key: str, kind: str, label: str, english: str, **more: Any) -> dict[str, Any]:
    """One item."""
    return {"key": key, "kind": kind, "label": label, "label_en": english, **more}


LUNG_NODULE = [
    item("site", "choice", "结节位置", "Site", choices=choices(
        ("rul", "右肺上叶", "right upper lobe"), ("rml", "右肺中叶", "right middle lobe"),
        ("rll", "右肺下叶", "right lower lobe"), ("lul", "左肺上叶", "left upper lobe"),
        ("lll", "左肺下叶", "left lower lobe"),
    )),
    item("diameter", "number", "平均径", "Mean diameter", unit="mm", least=0.5, most=200),
    item("density", "choice", "密度", "Density", choices=choices(
        ("solid", "实性", "solid"), ("part_solid", "部分实性", "part-solid"),
        ("ground_glass", "纯磨玻璃", "ground glass"),
    )),
    item("solid_part", "number", "实性成分", "Solid component", unit="mm", least=0, most=200),
    item("signs", "several", "征象", "Signs", choices=choices(
        ("spiculated", "毛刺", "spiculation"), ("lobulated", "分叶", "lobulation"),
        ("pleural", "胸膜牵拉", "pleural retraction"), ("vessel", "血管集束", "vessel convergence"),
        ("bubble", "空泡", "vacuole"), ("calcified", "钙化", "calcification"),
    )),
    item("change", "choice", "与既往比较", "Compared with earlier", choices=choices(
        ("none", "无既往片", "no earlier images"), ("stable", "无明显变化", "stable"), ("grown", "增大", "grown"),
        ("denser", "实性成分增多", "more solid"), ("smaller", "缩小", "smaller"),
    )),
    item("judgement", "choice", "良恶性判断", "Judgement", choices=choices(
        ("benign", "良性可能大", "probably benign"), ("unclear", "不能确定", "indeterminate"),
        ("malignant", "恶性可能大", "probably malignant"),
    )),
    item("next", "choice", "下一步", "Next step", choices=choices(
        ("follow_3", "3 个月复查", "CT in 3 months"), ("follow_6", "6 个月复查", "CT in 6 months"),
        ("follow_12", "12 个月复查", "CT in 12 months"), ("biopsy", "穿刺活检", "biopsy"),
        ("surgery", "手术", "operation"),
    )),
]  # fmt: skip
HEART_FAILURE = [
    item("ejection", "number", "左室射血分数", "Ejection fraction", unit="%", least=5, most=90),
    item("nyha", "choice", "心功能分级", "NYHA class", choices=choices(
        ("1", "I 级", "I"), ("2", "II 级", "II"), ("3", "III 级", "III"), ("4", "IV 级", "IV"),
    )),
    item("volume", "choice", "容量状态", "Volume", choices=choices(
        ("dry", "不足", "dry"), ("even", "平衡", "balanced"), ("wet", "超负荷", "overloaded"),
    )),
    item("potassium", "number", "血钾", "Potassium", unit="mmol/L", least=1, most=10),
]  # fmt: skip
GENERAL = [
    item("certainty", "choice", "诊断把握", "Certainty of the diagnosis", choices=choices(
        ("sure", "明确", "certain"), ("likely", "可能大", "likely"), ("open", "待查", "open"),
    )),
    item("urgency", "choice", "处理时机", "When to act", choices=choices(
        ("now", "立即", "at once"), ("days", "数日内", "within days"), ("weeks", "数周内", "within weeks"),
        ("routine", "常规", "routine"),
    )),
    item("transfer", "choice", "是否需要转院", "Transfer", choices=choices(
        ("no", "不需要", "no"), ("plan", "择期", "planned"), ("now", "尽快", "soon"),
    )),
]  # fmt: skip

# code: specialty (empty: all), Chinese, English, items
TEMPLATES = {
    "lung-nodule": ("03", "肺结节", "Lung nodule", LUNG_NODULE),
    "heart-failure": ("03", "心力衰竭", "Heart failure", HEART_FAILURE),
    "general": ("", "通用", "General", GENERAL),
}


def load(at: datetime) -> Iterator[str]:
    """Add the templates that are not there yet; says how many."""
    made = [
        code for code, (specialty, name, name_en, items) in TEMPLATES.items()
        if add_template(code, specialty=specialty, name=name, name_en=name_en, items=items)
    ]  # fmt: skip
    yield f"opinion templates: {len(made)} of {len(TEMPLATES)} made now"


def load_command() -> None:
    """Add the opinion templates that come with the product; those that are there already are left alone."""
    for code, (specialty, name, name_en, items) in TEMPLATES.items():
        add_template(code, specialty=specialty, name=name, name_en=name_en, items=items)
