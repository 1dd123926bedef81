"""Alibaba Cloud's SendSms, simulated: checks the ACS3-HMAC-SHA256 signature of what really arrived, age and nonce."""

import hashlib
import hmac
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from django.conf import settings

from huizhen.kernel import clock
from huizhen.kernel.fakes.desk import Answer, Call, Desk, Mood, Post

CHANNEL = "sms"
ALGORITHM = "ACS3-HMAC-SHA256"
AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{{64}})")
NEEDED = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
FRESH = timedelta(minutes=15)
PHONE = re.compile(r"(\+?86)?1[3-9]\d{9}")
LIMIT, LONGEST_VARIABLE = 50, 35
TEMPLATES = {
    "notice": "{title}，编号{number}，请登录平台查看。",
    "code": "您的验证码是{code}，5分钟内有效，请勿告诉他人。",
}
REFUSAL = {
    Mood.REFUSE: ("isv.BLACK_KEY_CONTROL_LIMIT", "黑名单管控"),
    Mood.LIMIT: ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50"),
}


def answer(call: Call, desk: Desk, mood: Mood | None) -> Answer:
    """Answer as the provider would."""
    fault = _signature_fault(call, desk)
    if fault:
        return _no(*fault, status=400)
    if mood in REFUSAL:
        return _no(*REFUSAL[mood])
    if call.headers.get("x-acs-action") != "SendSms" or call.headers.get("x-acs-version") != "2017-05-25":
        return _no("InvalidAction.NotFound", "Specified api is not found", status=404)
    return _send(call, desk)


def _send(call: Call, desk: Desk) -> Answer:
    phone, at = call.query.get("PhoneNumbers", ""), clock.now()
    if not PHONE.fullmatch(phone):
        return _no("isv.MOBILE_NUMBER_ILLEGAL", f"{phone}invalid mobile number")
    if call.query.get("SignName") != settings.SMS_SIGN:
        return _no("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    known = {settings.SMS_TEMPLATE: TEMPLATES["notice"], settings.SMS_CODE_TEMPLATE: TEMPLATES["code"]}
    template = known.get(call.query.get("TemplateCode", ""))
    if template is None:
        return _no("isv.SMS_TEMPLATE_ILLEGAL", "短信模版不合法")
    try:
        variables = json.loads(call.query.get("TemplateParam", "{}"))
        text = template.format_map(variables)
    except (ValueError, KeyError):
        return _no("isv.TEMPLATE_MISSING_PARAMETERS", "模版缺少变量")
    if any(len(value) > LONGEST_VARIABLE for value in variables.values()):
        return _no("isv.PARAM_LENGTH_LIMIT", "参数超出长度限制")
    if desk.is_over(CHANNEL, phone, at.replace(hour=0, minute=0, second=0, microsecond=0), LIMIT):
        return _no(*REFUSAL[Mood.LIMIT])
    said = {"Code": "OK", "Message": "OK", "BizId": uuid.uuid4().hex, "RequestId": str(uuid.uuid4()).upper()}
    return Answer(said, post=Post(CHANNEL, phone, f"【{settings.SMS_SIGN}】", text, at.isoformat(), call.query))


def _signature_fault(call: Call, desk: Desk) -> tuple[str, str] | None:
    found = AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
    if not found:
        return "MissingAuthorization", "Authorization is mandatory for this action."
    key_id, names, signature = found.groups()
    if key_id != settings.SMS_KEY_ID:
        return "InvalidAccessKeyId.NotFound", "Specified access key is not found."
    signed = names.split(";")
    if signed != sorted(signed) or not set(signed) >= NEEDED:
        return "IncompleteSignature", "The request signature does not conform to Aliyun standards."
    if call.headers["x-acs-content-sha256"] != hashlib.sha256(call.body).hexdigest():
        return "InvalidContentSha256", "The hash of the body does not match."
    if signature != _signature(call, signed):
        return "SignatureDoesNotMatch", "Specified signature does not match our calculation."
    stamp = datetime.strptime(call.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(stamp - clock.now()) > FRESH:
        return "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
    if desk.is_repeated(call.headers["x-acs-signature-nonce"]):
        return "SignatureNonceUsed", "Specified signature nonce was used already."
    return None


def _signature(call: Call, signed: list[str]) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in call.query.items())
    canonical = [
        call.method,
        call.path,
        "&".join(f"{name}={value}" for name, value in pairs),
        "".join(f"{name}:{call.headers[name]}\n" for name in signed),
        ";".join(signed),
        call.headers["x-acs-content-sha256"],
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    return hmac.digest(settings.SMS_KEY_SECRET.encode(), f"{ALGORITHM}\n{digest}".encode(), "sha256").hex()


def _no(code: str, words: str, *, status: int = 200) -> Answer:
    return Answer({"Code": code, "Message": words, "RequestId": str(uuid.uuid4()).upper()}, status=status)
