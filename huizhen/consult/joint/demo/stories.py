"""The invented stories. No name, number or finding here belongs to anybody."""

from dataclasses import dataclass, replace
from datetime import date

from huizhen.records.demo import Sample

# Patients besides those of the records' demonstration: who treats them, and the sample.
PATIENTS = {
    "sun": ("zhou.lan", Sample("孙建国", date(1968, 3, 14), "male", 11, "")),
    "liu": ("zhou.lan", Sample("刘桂芳", date(1961, 11, 2), "female", 12, "")),
    "ma": ("he.miao", Sample("马长河", date(1954, 6, 9), "male", 13, "")),
    "yang": ("he.miao", Sample("杨春梅", date(1979, 9, 27), "female", 14, "")),
    "zheng": ("zhou.lan", Sample("郑永康", date(1972, 1, 30), "male", 15, "")),
    "wang": ("zhou.lan", Sample("王秀英", date(1956, 8, 21), "female", 2, "+8613800001001")),
    "zhao": ("zhou.lan", Sample("赵德福", date(1949, 2, 3), "male", 1, "+8613800001003")),
    "chen": ("zhou.lan", Sample("陈小满", date(1987, 5, 20), "female", 4, "")),
}


@dataclass(frozen=True)
class Words:
    """What one expert writes: findings, assessment, advice, and where it differs."""

    findings: str
    assessment: str
    advice: str
    stance: str = "agree"
    reason: str = ""
    template: str = ""
    answers: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Story:
    """One consultation as it is applied for. `papers`: kind, title, and the lines on the page."""

    key: str
    patient: str
    purpose: str
    specialty: str
    question: str
    summary: str
    papers: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    urgent_why: str = ""
    wants_meeting: bool = False


BLOOD = ("lab_report", "血常规与炎症指标", (
    "白细胞 7.2 ×10⁹/L，中性粒细胞 64%，淋巴细胞 27%",
    "血红蛋白 128 g/L，血小板 214 ×10⁹/L",
    "C 反应蛋白 6 mg/L，降钙素原 0.04 ng/mL",
))  # fmt: skip
SUMMARY_PAPER = ("record", "门诊病历摘要", ("主诉、现病史、既往史与查体见会诊申请。", "门诊诊断待会诊后确定。"))

NODULE = Story(
    "nodule", "wang", "diagnosis", "03.01", "右肺上叶混合磨玻璃结节，是否需要手术？如需手术，转往哪里更合适？",
    "女，70 岁。体检发现右肺上叶结节 2 周，无咳嗽、咯血、消瘦。\n既往高血压 10 年，规律服药，血压控制可。不吸烟，无粉尘接触史。\n"
    "查体：双肺呼吸音清。胸部 CT 示右肺上叶约 14 mm 混合磨玻璃结节，实性成分约 5 mm。",
    (BLOOD, ("lab_report", "肿瘤标志物", ("癌胚抗原 3.1 ng/mL（<5）", "细胞角蛋白 19 片段 2.0 ng/mL（<3.3）", "均在正常范围"))),
)  # fmt: skip
SEEN = (("site", "rul"), ("diameter", 14), ("density", "part_solid"), ("solid_part", 5), ("change", "none"),
        ("signs", ("spiculated", "pleural")))  # fmt: skip
NODULE_OPINIONS = {
    "gu.chengyuan": Words(
        "右肺上叶尖段 14 mm 混合磨玻璃结节，实性成分 5 mm，边缘可见短毛刺，轻度胸膜牵拉。余肺未见活动性病变。",
        "考虑微浸润性腺癌可能性大。",
        "建议完善肺功能及心脏评估，胸外科评估胸腔镜手术。\n术前无需穿刺活检。",
        template="lung-nodule",
        answers=(*SEEN, ("judgement", "malignant"), ("next", "surgery")),
    ),
    "xu.wen": Words(
        "薄层重建示结节内血管穿行增粗，实性成分占比约 35%。纵隔淋巴结不大。",
        "考虑微浸润性腺癌可能性大。",
        "建议调阅既往胸片或 CT 对比。",
        template="lung-nodule",
        answers=(*SEEN, ("judgement", "malignant"), ("next", "surgery")),
    ),
    "tang.xin": Words(
        "同意影像描述。肿瘤标志物正常。",
        "不能完全除外局灶性炎症。",
        "患者高龄、肺功能未知，建议抗炎 2 周后复查薄层 CT，再决定是否手术。",
        "dissent",
        "缺少既往影像对比，直接手术的依据尚不充分。",
        "lung-nodule",
        (*SEEN, ("judgement", "unclear"), ("next", "follow_3")),
    ),
}

CHEST_PAIN = Story(
    "chest-pain", "zhao", "treatment", "03.04", "反复胸闷伴一过性黑矇，是否急性冠脉综合征？能否就地处理，还是立即转院？",
    "男，77 岁。今晨起胸闷 3 小时，伴大汗，黑矇一次约数秒。\n糖尿病 15 年，吸烟 40 年。血压 98/60 mmHg，心率 52 次/分。\n"
    "心电图：窦性心动过缓，II、III、aVF 导联 ST 段轻度抬高，肌钙蛋白复查中。已予阿司匹林嚼服，建立静脉通路。",
    (SUMMARY_PAPER,), urgent_why="疑似下壁心梗，县里不能做急诊造影，需要尽快决定转运。",
)  # fmt: skip
POSTPARTUM = Story(
    "thyroid", "chen", "second_opinion", "03.01", "产后 4 个月反复低热、干咳，抗生素无效，需要进一步查什么？",
    "女，39 岁。产后 4 个月，低热 37.6 ℃ 左右 3 周，干咳为主，盗汗不明显。\n阿奇霉素、头孢各用一周，效果不佳。T-SPOT 结果待回。\n"
    "胸片未见明显实变。哺乳期，希望用药对婴儿安全。",
    (BLOOD,),
)  # fmt: skip
FAINTING = Story(
    "fainting", "sun", "diagnosis", "03.04", "反复晕厥三次，动态心电图有长间歇，是否有起搏器指征？",
    "男，58 岁。半年内晕厥 3 次，均在安静时发生，每次数秒自行恢复。\n心脏彩超：左室射血分数 58%，结构无明显异常。",
    (),
)  # fmt: skip
COUGH = Story(
    "interstitial", "liu", "diagnosis", "03.01", "双肺网格影进行性加重，是否特发性肺纤维化，能否用抗纤维化药？",
    "女，65 岁。活动后气促 1 年，加重 2 个月。从事家禽养殖 20 年。\n双下肺 Velcro 啰音，杵状指。静息血氧饱和度 93%，"
    "步行 6 分钟降至 86%。\n风湿免疫指标阴性。",
    (BLOOD, SUMMARY_PAPER),
)  # fmt: skip
MEDIASTINUM = Story(
    "mediastinum", "zheng", "treatment", "04.05", "前纵隔 4 cm 肿块，能否微创切除？术前需要排除重症肌无力吗？",
    "男，54 岁。体检发现前纵隔肿块，约 4.1×3.2 cm，边界清。\n无眼睑下垂、吞咽困难。甲胎蛋白、β-HCG 正常。既往体健。",
    (BLOOD, SUMMARY_PAPER),
)  # fmt: skip
COPD = Story(
    "copd", "ma", "treatment", "03.01", "慢阻肺急性加重第 5 天，二氧化碳仍高，无创通气参数如何调整？",
    "男，72 岁。慢阻肺 12 年，本次受凉后加重。\n血气：pH 7.31，PaCO₂ 68 mmHg，PaO₂ 61 mmHg（鼻导管 2 L/min）。\n"
    "已用无创通气 IPAP 14 / EPAP 4，头孢曲松、甲强龙 40 mg。神志清，痰多不易咳出。",
    (("lab_report", "动脉血气", ("pH 7.31", "PaCO₂ 68 mmHg", "PaO₂ 61 mmHg", "HCO₃⁻ 33 mmol/L")), SUMMARY_PAPER),
    urgent_why="二氧化碳仍在升高，担心要插管，本院没有有创呼吸机。",
)  # fmt: skip
LYMPHOMA = Story(
    "chemo", "yang", "treatment", "19", "右乳癌术后辅助化疗第 3 周期，中性粒细胞减少，方案要不要减量？",
    "女，47 岁。右乳浸润性导管癌改良根治术后，pT2N1M0，激素受体阳性，HER2 阴性。\n第 2 周期后第 10 天中性粒细胞 0.8 ×10⁹/L，"
    "无发热。现恢复至 2.1 ×10⁹/L，拟行第 3 周期。",
    (("pathology", "术后病理", ("浸润性导管癌 II 级，肿瘤 2.6 cm", "腋窝淋巴结 2/14", "ER 90% PR 60% HER2 1+ Ki-67 25%")),),
    wants_meeting=True,
)  # fmt: skip
FAILURE = Story(
    "failure", "ma", "treatment", "03.04", "心衰合并肾功能不全，利尿剂抵抗，沙库巴曲缬沙坦还能继续用吗？",
    "男，72 岁。射血分数 34%，双下肢水肿 2 周，呋塞米 80 mg/日效果差。\n肌酐 168 μmol/L，血钾 5.2 mmol/L，血压 102/64 mmHg。",
    (BLOOD, SUMMARY_PAPER),
)  # fmt: skip
PNEUMONIA = Story(
    "pneumonia", "liu", "treatment", "03.01", "社区获得性肺炎治疗 7 天，右下肺实变吸收慢，是否要做支气管镜？",
    "女，65 岁。发热、咳嗽 9 天，莫西沙星治疗 7 天后体温正常。\n复查胸片右下肺实变较前吸收约三成。无咯血，体重无变化。",
    (BLOOD, SUMMARY_PAPER),
)  # fmt: skip
PALPITATION = Story(
    "palpitation", "zheng", "second_opinion", "03.04", "阵发性房颤三年，药物控制不佳，现在适合射频消融吗？",
    "男，54 岁。每月发作 3–4 次，每次数小时，普罗帕酮可转复。\n左房内径 41 mm，CHA₂DS₂-VASc 1 分，未抗凝。",
    (BLOOD, SUMMARY_PAPER),
)  # fmt: skip
MASS = Story(
    "mass", "sun", "diagnosis", "03.01", "左肺门肿块伴声嘶一个月，本院无法穿刺，下一步怎么办？",
    "男，58 岁。声音嘶哑 1 个月，痰中带血 1 周，吸烟 35 年。\n胸片左肺门增大，CT 平扫见 5 cm 肿块包绕左肺动脉。体重下降 6 kg。",
    (BLOOD, SUMMARY_PAPER),
)  # fmt: skip


def told_again(story: Story, key: str) -> Story:
    """The same story under another key, so that it may take another course."""
    return replace(story, key=key)
