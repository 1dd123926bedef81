"""The parts of invented cases: rows, timelines, messages, opinions, pictures."""

from huizhen.console.shapes import Attachment, Badge, Bubble, Entry, Opinion, ReportVersion, Row, Series, Tab
from huizhen.console.styleguide.demo.people import CHEN, HE, KIND, LIN, QIN, YUNLING, ZHOU, ago, ahead, both, due


def rows() -> list[Row]:
    """A worklist, due first."""
    return [*_pressing(), *_calm()]


def _pressing() -> list[Row]:
    at = "/styleguide/case/"
    return [
        Row(
            at,
            "J26-0417-3",
            KIND,
            both(
                "右肺上叶结节，请判断良恶性及下一步处理", "Nodule in the right upper lobe: benign or not, and what next"
            ),
            Badge(both("正在分配专家", "Assigning experts")),
            both("王秀英，女，68 岁", "Wang Xiuying, female, 68"),
            both("会诊中心", "Coordination centre"),
            ago(hours=1.4),
            due(ago(minutes=25)),
            True,
            True,
            YUNLING,
        ),
        Row(
            at,
            "J26-0415-9",
            KIND,
            both("反复晕厥待查，心电图与超声已上传", "Repeated fainting; ECG and echo are attached"),
            Badge(both("资料待补充", "Material missing"), "waiting"),
            both("赵国强，男，54 岁", "Zhao Guoqiang, male, 54"),
            both("陈立", "Chen Li"),
            ago(hours=3),
            due(ahead(hours=2), paused=True),
            False,
            False,
            YUNLING,
        ),
    ]


def _calm() -> list[Row]:
    at = "/styleguide/case/"
    return [
        Row(
            at,
            "J26-0412-K",
            KIND,
            both("儿童不明原因发热两周，求治疗方案", "Child with fever for two weeks, cause unknown"),
            Badge(both("专家阅片中", "Experts are reading")),
            both("小安，男，7 岁", "Xiao An, male, 7"),
            both("林书华等 3 位专家", "Lin Shuhua and two more"),
            ago(hours=8),
            due(ahead(hours=5, minutes=20)),
            False,
            False,
            both("青溪镇卫生院", "Qingxi Township Clinic"),
        ),
        Row(
            at,
            "J26-0398-2",
            KIND,
            both("髋部骨折术前评估", "Hip fracture, assessment before surgery"),
            Badge(both("报告已发送", "Report delivered"), "ended"),
            both("刘桂兰，女，81 岁", "Liu Guilan, female, 81"),
            both("陈立", "Chen Li"),
            ago(days=1.2),
            due(ahead(days=5, hours=4)),
            False,
            False,
            YUNLING,
        ),
    ]


def tabs() -> list[Tab]:
    """The three scopes of a worklist."""
    return [
        Tab(both("我的", "Mine"), "?scope=mine", True, 4),
        Tab(both("我的团队", "My team's"), "?scope=team", False, 11),
        Tab(both("本机构", "My organisation's"), "?scope=organisation"),
    ]


def entries() -> list[Entry]:
    """A timeline, newest first."""
    return [
        Entry(
            ago(hours=2),
            both("周敏延长了专家意见的时限 2 小时", "Zhou Min gave the experts 2 more hours"),
            both(
                "何川主任临时有紧急手术，预计 16:00 前给出意见。",
                "Dr He was called into emergency surgery; opinion expected before 16:00.",
            ),
            True,
        ),
        Entry(ago(hours=5), both("林书华签署了意见", "Lin Shuhua signed an opinion")),
        Entry(ago(hours=20), both("三位专家接受邀请，开始阅片", "Three experts accepted and began to read")),
        Entry(ago(hours=21), both("周敏确认资料齐全", "Zhou Min found the material complete")),
        Entry(ago(hours=22), both("陈立提交了会诊申请", "Chen Li sent the application")),
    ]


def messages() -> list[Bubble]:
    """A conversation."""
    return [
        Bubble(
            ago(hours=21.5),
            ZHOU,
            str(
                both(
                    "陈医生您好，增强 CT 的延迟期没有看到，方便补传吗？",
                    "Dr Chen, the delayed phase of the CT seems to be missing. Could you add it?",
                )
            ),
        ),
        Bubble(
            ago(hours=21.3),
            CHEN,
            str(both("刚补上，一共 3 个序列。", "Just added, three series in all.")),
            own=True,
            files=(Attachment("CT-20260417-delay.zip", "#", "86 MB"),),
            retract="#",
        ),
        Bubble(ago(hours=21), kind="system", body=str(both("资料已收到", "Material received"))),
        Bubble(ago(hours=6), LIN, "", retracted=True),
        Bubble(
            ago(hours=5),
            LIN,
            str(
                both(
                    "结节边缘有毛刺，建议结合既往片对比。患者两年前的片子还在吗？",
                    "Spiculated margin. Is there an earlier scan to compare with?",
                )
            ),
        ),
    ]


def opinions() -> list[Opinion]:
    """One signed, one that disagrees, one still to come."""
    return [
        Opinion(
            LIN,
            ago(hours=5),
            str(
                both(
                    "右肺上叶尖段 14 mm 混杂磨玻璃结节，边缘毛刺，胸膜牵拉。",
                    "Part-solid nodule, 14 mm, right upper lobe, spiculated, with pleural retraction.",
                )
            ),
            str(
                both(
                    "高度怀疑浸润性病变，建议胸外科评估手术。", "Invasive lesion likely; refer for surgical assessment."
                )
            ),
            chair=True,
        ),
        Opinion(
            QIN,
            ago(hours=3),
            str(both("同意影像描述。", "I agree with the findings.")),
            str(
                both(
                    "患者高龄且肺功能未知，建议先抗炎两周后复查，再决定手术。",
                    "Given age and unknown lung function, treat and scan again in two weeks before deciding.",
                )
            ),
            dissent=True,
        ),
        Opinion(HE, due=due(ahead(hours=2))),
    ]


def series() -> list[Series]:
    """Imaging of the case."""
    here = "/styleguide/frames/"
    return [
        Series(
            "/styleguide/viewer/",
            f"{here}12.png?window=lung",
            str(both("肺窗 1.25 mm", "Lung 1.25 mm")),
            24,
            "CT · 2026-04-16",
        ),
        Series(
            "/styleguide/viewer/",
            f"{here}12.png?window=mediastinum",
            str(both("纵隔窗 5 mm", "Mediastinum 5 mm")),
            24,
            "CT · 2026-04-16",
            faults=(str(both("IM000031：文件不完整", "IM000031: the file is cut short")),),
        ),
    ]


def documents() -> list[Attachment]:
    """Documents of the case."""
    return [
        Attachment(str(both("出院小结.pdf", "Discharge summary.pdf")), "#", "PDF · 420 KB"),
        Attachment(
            str(both("血常规 2026-04-15.jpg", "Blood count 2026-04-15.jpg")),
            "#",
            str(both("图片 · 1.8 MB", "Picture · 1.8 MB")),
        ),
    ]


def reports() -> list[ReportVersion]:
    """A report and its correction."""
    return [
        ReportVersion(
            2,
            ago(hours=1),
            LIN,
            "#",
            correction_of=1,
            why=str(both("补充病灶大小的单位。", "The unit of the lesion's size was added.")),
        ),
        ReportVersion(1, ago(hours=9), LIN, "#"),
    ]
