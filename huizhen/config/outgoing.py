"""Settings of messages to people: SMS, group robots, e-mail, and the simulators that take them in the demonstration."""

from huizhen.config import readers
from huizhen.config.options import option, words, yes_no

SIMULATORS_PORT = option(
    "HUIZHEN_SIMULATORS_PORT",
    "8025",
    "Port of the simulated SMS, robots and mailbox, and of their page.",
    read=readers.port,
)
SIMULATORS_MAIL_PORT = option(
    "HUIZHEN_SIMULATORS_MAIL_PORT", "8026", "Port of the simulated mail server.", read=readers.port
)
SIMULATORS_URL = f"http://127.0.0.1:{SIMULATORS_PORT}"
NOTIFY_BUNDLE_SECONDS = option(
    "HUIZHEN_NOTIFY_BUNDLE",
    "60",
    "Seconds in which news of one case are gathered into one message.",
    read=readers.number(0),
)
SMS_PER_DAY = option(
    "HUIZHEN_SMS_PER_DAY",
    "12",
    "SMS to one number in a day; the last third only for what is urgent.",
    read=readers.whole(0),
)
SMS_ENDPOINT = option(
    "HUIZHEN_SMS_ENDPOINT",
    "https://dysmsapi.aliyuncs.com",
    "Address of the SMS service (Alibaba Cloud, or one that speaks the same).",
    read=readers.address("http", "https", example="https://dysmsapi.aliyuncs.com"),
    in_demo=SIMULATORS_URL,
)
SMS_KEY_ID = option("HUIZHEN_SMS_KEY_ID", "", "AccessKey id of the SMS service; empty: no SMS.", in_demo="demo")
SMS_KEY_SECRET = option(
    "HUIZHEN_SMS_KEY_SECRET", "", "AccessKey secret of the SMS service.", secret=True, in_demo="demo"
)
# house: chinese, because a signature is registered with the carrier in Chinese
SMS_SIGN = option("HUIZHEN_SMS_SIGN", "汇诊", "Signature of the SMS, as registered with the service.")
SMS_TEMPLATE = option(
    "HUIZHEN_SMS_TEMPLATE", "SMS_NOTICE", "Template of notices, with the variables `title` and `number`."
)
SMS_CODE_TEMPLATE = option("HUIZHEN_SMS_CODE_TEMPLATE", "SMS_CODE", "Template of codes, with the variable `code`.")
ROBOTS = "qyapi.weixin.qq.com,oapi.dingtalk.com,open.feishu.cn,open.larksuite.com"
ROBOT_HOSTS = option(
    "HUIZHEN_ROBOT_HOSTS",
    ROBOTS,
    "Hosts that group robots may be called at.",
    read=words,
    in_demo=f"{ROBOTS},127.0.0.1",
)
EMAIL_HOST = option("HUIZHEN_MAIL_HOST", "", "SMTP server for e-mail; empty: no e-mail.", in_demo="127.0.0.1")
EMAIL_PORT = option(
    "HUIZHEN_MAIL_PORT", "587", "Port of the SMTP server.", read=readers.port, in_demo=str(SIMULATORS_MAIL_PORT)
)
EMAIL_HOST_USER = option("HUIZHEN_MAIL_USER", "", "User at the SMTP server.")
EMAIL_HOST_PASSWORD = option("HUIZHEN_MAIL_PASSWORD", "", "Password at the SMTP server.", secret=True)
EMAIL_USE_TLS = option("HUIZHEN_MAIL_TLS", "yes", "STARTTLS with the SMTP server.", read=yes_no, in_demo="no")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = option("HUIZHEN_MAIL_FROM", "huizhen@example.org", "Sender of e-mail.")
