"""The ways out of the house. Each adapter speaks its service's own wire format and maps its answers to one outcome."""

from huizhen.kernel.notify.models import Channel
from huizhen.kernel.notify.ports import aliyun, dingtalk, feishu, smtp, wecom
from huizhen.kernel.notify.ports.port import Adapter, Destination, Result

ADAPTERS: dict[str, Adapter] = {
    Channel.SMS: aliyun.Sms(),
    Channel.EMAIL: smtp.Mail(),
    Channel.WECOM: wecom.Robot(),
    Channel.DINGTALK: dingtalk.Robot(),
    Channel.FEISHU: feishu.Robot(),
}

__all__ = ["ADAPTERS", "Adapter", "Destination", "Result"]
