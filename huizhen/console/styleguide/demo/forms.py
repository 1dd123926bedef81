"""Forms of the style page; the real ones belong to the features."""

from django import forms

from huizhen.console.styleguide.demo.people import both

CONSENT = both(
    "我同意云岭县医院把我的病情摘要、影像和检查报告提供给会诊中心和受邀专家，仅用于本次会诊，会诊结束后失效。我可以随时撤回。",
    "I agree that Yunling County Hospital shares my summary, images and reports with the coordination centre "
    "and the invited experts, for this consultation only and until it ends. I may withdraw at any time.",
)


class Delay(forms.Form):
    """More time, with a reason that is sent."""

    until = forms.CharField(label=both("延长到", "Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    reason = forms.CharField(
        label=both("原因", "Reason"),
        help_text=both("申请医生和患者会看到原文。", "The applicant and the patient read it as it stands."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Opinion(forms.Form):
    """An expert's own opinion."""

    findings = forms.CharField(label=both("所见", "Findings"), widget=forms.Textarea(attrs={"rows": 5}))
    advice = forms.CharField(label=both("意见与建议", "Advice"), widget=forms.Textarea(attrs={"rows": 5}))
    dissent = forms.BooleanField(
        label=both("与其他专家意见不同", "I disagree with the other experts"),
        help_text=both("不同意见会保留在报告中。", "Dissent is kept in the report."),
        required=False,
    )


class Patient(forms.Form):
    """A patient who is new."""

    name = forms.CharField(label=both("姓名", "Name"))
    identity = forms.CharField(
        label=both("身份证号", "Identity number"),
        help_text=both("18 位，最后一位可能是 X。", "18 characters; the last may be an X."),
        widget=forms.TextInput(attrs={"class": "input-number", "autocomplete": "off", "data-secret": "yes"}),
    )
    phone = forms.CharField(
        label=both("手机号", "Phone"), widget=forms.TextInput(attrs={"type": "tel", "class": "input-number"})
    )
    guardian = forms.CharField(label=both("监护人", "Guardian"), required=False)


class Question(forms.Form):
    """What is asked."""

    purpose = forms.ChoiceField(
        label=both("会诊目的", "Purpose"),
        widget=forms.RadioSelect,
        choices=[
            ("d", both("明确诊断", "Diagnosis")),
            ("t", both("制定治疗方案", "Plan of treatment")),
            ("r", both("判断是否需要转院", "Whether to refer")),
        ],
    )
    question = forms.CharField(
        label=both("想请专家回答的问题", "Question to the experts"),
        help_text=both("例如：结节是否需要手术？", "For example: does the nodule need surgery?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    summary = forms.CharField(
        label=both("病情摘要", "Summary of the illness"),
        help_text=both("主诉、病史、已做的检查和治疗。", "Complaint, history, examinations and treatment so far."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    department = forms.ChoiceField(
        label=both("希望的科室", "Department wanted"),
        choices=[("", both("由会诊中心决定", "Let the centre decide")), ("r", both("呼吸科", "Respiratory medicine"))],
        required=False,
    )


class Consent(forms.Form):
    """The patient's agreement, and how fast it must go."""

    by = forms.ChoiceField(
        label=both("由谁同意", "Given by"),
        widget=forms.RadioSelect,
        choices=[("p", both("患者本人", "The patient")), ("g", both("监护人", "The guardian"))],
    )
    urgency = forms.ChoiceField(
        label=both("紧急程度", "Urgency"),
        widget=forms.RadioSelect,
        choices=[
            ("normal", both("普通：24 小时内给出意见", "Normal: opinions within 24 hours")),
            ("urgent", both("加急：4 小时内给出意见", "Urgent: opinions within 4 hours")),
        ],
    )
    agreed = forms.BooleanField(
        label=both("我已向患者说明以上内容，患者同意", "I explained this to the patient, who agrees")
    )


class Login(forms.Form):
    """Logging in."""

    login = forms.CharField(
        label=both("用户名", "User name"), widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=both("密码", "Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class SampleForm(forms.Form):
    """A form with one of everything, sent once with mistakes in it."""

    patient = forms.CharField(label=both("患者姓名", "Patient's name"), initial="")
    identity = forms.CharField(
        label=both("身份证号", "Identity number"),
        help_text=both("18 位，最后一位可能是 X。", "18 characters; the last may be an X."),
    )
    urgency = forms.ChoiceField(
        label=both("紧急程度", "Urgency"),
        widget=forms.RadioSelect,
        choices=[
            ("normal", both("普通：24 小时内给出意见", "Normal: opinions within 24 hours")),
            ("urgent", both("加急：4 小时内给出意见", "Urgent: opinions within 4 hours")),
        ],
    )
    department = forms.ChoiceField(
        label=both("希望的科室", "Department wanted"),
        choices=[("", both("请选择", "Please choose")), ("r", both("呼吸科", "Respiratory medicine"))],
        required=False,
    )
    summary = forms.CharField(
        label=both("病情摘要", "Summary"),
        widget=forms.Textarea,
        help_text=both("主诉、病史、已做的检查和治疗。", "Complaint, history, examinations and treatment so far."),
    )
    consent = forms.BooleanField(
        label=both("患者已同意提交资料用于本次会诊", "The patient agrees to share this material for this consultation")
    )
