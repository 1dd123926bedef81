"""What is printed on Chinese laboratory reports: the words over columns, above and below the table, and units."""

import re

# In a header row: which column a word stands over. Longer words first: a name may contain a shorter one.
HEADINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("range", re.compile(r"(?:生物)?参考(?:值范围|区间|范围|值)?|正常(?:参考)?(?:值|范围)|(?<=[^\w])参考(?=$)")),
    ("code", re.compile(r"项目代[码号]|英文(?:名称|缩写|名|对照)?|代[码号]|缩写|简称")),
    ("name", re.compile(r"(?:检[验测查]|化验)?项目(?:名称)?|(?:中文|项目)名称|分析项目|(?<!英文)名称")),
    ("method", re.compile(r"(?:检[验测]|实验|测定)?方法(?:学)?|仪器")),
    ("value", re.compile(r"(?:检[验测查]|测定|化验|测试|本次)?结果|(?:检测|测定|测量)值")),
    ("flag", re.compile(r"异常(?:提示|标[志识])?|提示|标[志识]|高低|状态")),
    ("unit", re.compile(r"(?:计量)?单位")),
    ("number", re.compile(r"序号|编号|行号|NO\.?|(?<![A-Za-z])No\.?", re.IGNORECASE)),
)
# A row that begins so stands below the table.
FOOT = re.compile(
    r"^[*＊※]?\s*(?:备注|注[::]|说明|提示[::]|声明|本(?:报告|结果)|此(?:报告|结果)|检[验测]者|检[验测](?:人|医[师生]|时间|日期)"
    r"|审核|核对|复核|报告(?:者|医[师生]|时间|日期)|打印|送检医[师生]|采[样集]|接收|签收|第\s*\d+\s*页|共\s*\d+\s*[页项]|地址|联系电话)"
)
# What the head of a report says, as `field: text`.
FACTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("name", re.compile(r"(?:患者)?姓\s*名\s*[::]?\s*([\u4e00-\u9fff·]{2,12}?)(?=\s|性|年|科|病|住|门|$|[A-Za-z0-9])")),
    ("sex", re.compile(r"性\s*别\s*[::]?\s*([男女])")),
    ("age", re.compile(r"年\s*龄\s*[::]?\s*(\d{1,3})\s*岁?")),
    ("specimen", re.compile(r"(?:标本|样本)(?:类型|种类|名称)?\s*[::]?\s*([\u4e00-\u9fff]{1,6}?)(?=\s|送|申|采|$)")),
    ("sampled_on", re.compile(r"采[样集](?:时间|日期)\s*[::]?\s*(\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})")),
    ("reported_on", re.compile(r"报告(?:时间|日期)\s*[::]?\s*(\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})")),
)
TITLE = re.compile(r"报告单?$|检验单$|化验单$")

HIGH = re.compile(r"^(?:↑+|[HＨ]{1,2}|偏?高|升高|⬆|▲)$", re.IGNORECASE)
LOW = re.compile(r"^(?:↓+|[LＬ]{1,2}|偏?低|降低|⬇|▼)$", re.IGNORECASE)
ODD = re.compile(r"^(?:异常|[*＊]+|阳性?|[AＡ]|\++)$", re.IGNORECASE)
# An arrow or letter that the machine read together with the number before it.
VALUE_AND_FLAG = re.compile(
    r"^\s*(?P<value>[<>≤≥]?\s*[-+]?\d[\d.,]*)\s*(?P<flag>↑+|↓+|[HL]{1,2}|偏?高|偏?低|[*＊])\s*$", re.IGNORECASE
)
NUMBER = re.compile(r"[<>≤≥]?\s*[-+]?\d+(?:[.,]\d+)?")
SPAN = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*(?:--+|[-~—–─一至到])\s*([-+]?\d+(?:\.\d+)?)")
BOUND = re.compile(r"([<>≤≥]=?)\s*([-+]?\d+(?:\.\d+)?)")

# Units as the machine may read them, and as they are written. Letters that look alike stand for one another.
UNITS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), unit)
    for pattern, unit in (
        (r"[x×*]?1[0o][\^~*°'’\"″´`]*?(9|12|6|3)/[L1lI]", r"10^\1/L"),
        (r"[uμµ]mo[l1I]/[L1lI]", "μmol/L"),
        (r"mmo[l1I]/[L1lI]", "mmol/L"),
        (r"nmo[l1I]/[L1lI]", "nmol/L"),
        (r"pmo[l1I]/[L1lI]", "pmol/L"),
        (r"m[l1I]/min", "mL/min"),
        (r"ng/m[l1I]", "ng/mL"),
        (r"pg/m[l1I]", "pg/mL"),
        (r"[uμµ]g/m[l1I]", "μg/mL"),
        (r"[uμµ]g/[L1lI]", "μg/L"),
        (r"mg/d[l1I]", "mg/dL"),
        (r"mg/[L1lI]", "mg/L"),
        (r"g/[L1lI]", "g/L"),
        (r"[uμµ][I1l][uU]/m[l1I]", "μIU/mL"),
        (r"m[I1l]U/m[l1I]", "mIU/mL"),
        (r"m[I1l]U/[L1lI]", "mIU/L"),
        (r"[I1l]U/m[l1I]", "IU/mL"),
        (r"[I1l]U/[L1lI]", "IU/L"),
        (r"U/m[l1I]", "U/mL"),
        (r"U/[L1lI]", "U/L"),
        (r"mm/h", "mm/h"),
        (r"mm[Hh]g", "mmHg"),
        (r"f[L1lI]", "fL"),
        (r"pg", "pg"),
        (r"个/[uμµ][L1lI]", "/μL"),  # house: chinese, because laboratories print it so
        (r"/[uμµ][L1lI]", "/μL"),
        (r"/HPF?", "/HP"),
        (r"%", "%"),
        (r"[s5秒]", "s"),  # house: chinese, because laboratories print it so
    )
)
