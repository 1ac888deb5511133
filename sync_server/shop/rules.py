"""Channels: how their keys look, what a request must carry, and which answer a refusal becomes over HTTP."""

import re
from dataclasses import dataclass

from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import CHANNEL_NAME_CHARS

KEY_PREFIX = "lqk_"
KEY_PATTERN = re.compile(r"lqk_[A-Za-z0-9_-]{43}")
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._:-]{8,64}")


class KeyUnknown(Refused):
    """No channel has this key, or it was taken back."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "CHANNEL_KEY", N_("渠道密钥缺失、写错或已停用。"), N_("请在请求头 Authorization 里带上 Bearer 密钥。")
        )


class KeyReused(Refused):
    """The same Idempotency-Key came with another request."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "IDEMPOTENCY_KEY_REUSED", N_("这个幂等键已经用于另一份订单。"), N_("每份新订单请用新的 Idempotency-Key。")
        )


class OrderUnknown(Refused):
    """This channel has placed no such order."""

    status = 404

    def __init__(self) -> None:
        super().__init__("ORDER_UNKNOWN", N_("没有这个订单。"), N_("请核对订单号。"))


class PointUnknown(Refused):
    """No such point."""

    status = 404

    def __init__(self) -> None:
        super().__init__("POINT_UNKNOWN", N_("没有这个自提点。"), N_("请核对自提点代码。"))


class TooManyRequests(Refused):
    """A channel, or somebody without a key, asks too often."""

    status = 429

    def __init__(self) -> None:
        super().__init__("TOO_MANY_REQUESTS", N_("请求太频繁了。"), N_("请稍等一会儿再试，并降低请求频率。"))


STATUS = {
    "OFFER_UNKNOWN": 404,
    "OFFER_CLOSED": 409,
    "SALE_NONE_LEFT": 409,
    "SALE_TOO_FEW": 409,
    "OFFER_FROZEN": 503,
    "ORDER_COLLECTED": 409,
    "ORDER_REFUNDED": 409,
}
"""What a refusal of the rooms is over HTTP; the others say it themselves."""

HTTP_WORDS = {
    400: ("BAD_REQUEST", N_("没有看懂这个请求。"), N_("请检查地址和内容后再发。")),
    404: ("NOT_FOUND", N_("没有这个地址。"), N_("请核对接口地址。")),
    405: ("METHOD_NOT_ALLOWED", N_("这个地址不接受这种请求。"), N_("请核对请求方法。")),
    413: ("TOO_LARGE", N_("内容太大了。"), N_("请减少订单明细后再发。")),
    415: ("CONTENT_TYPE", N_("只接受 JSON。"), N_("请把 Content-Type 设为 application/json。")),
    500: ("INTERNAL", N_("中心出了点问题，订单没有成立。"), N_("请用同一个 Idempotency-Key 重试。")),
}
"""The same for what Flask itself refuses."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Something that sells for us: a mini program, a telephone desk. Times are UTC text."""

    id: str
    name: str
    made_at: str
    made_by: str
    used_at: str | None = None
    revoked_at: str | None = None


def clean_channel_name(text: str) -> str:
    """The name of a channel. Raises ``BadInput`` CHANNEL_NAME."""
    name = " ".join(text.split())
    if not name or len(name) > CHANNEL_NAME_CHARS or not name.isprintable():
        raise BadInput(
            "CHANNEL_NAME",
            N_("渠道名称为空、太长或含有控制字符。"),
            N_("请用不超过 %(count)s 个字的名称。"),
            count=CHANNEL_NAME_CHARS,
        )
    return name


def read_bearer(header: str) -> str:
    """The key in an ``Authorization`` header. Raises :class:`KeyUnknown`."""
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not KEY_PATTERN.fullmatch(key.strip()):
        raise KeyUnknown
    return key.strip()


def read_idempotency_key(header: str) -> str:
    """Raises ``BadInput`` IDEMPOTENCY_KEY where it is missing or cannot be one."""
    if not IDEMPOTENCY_KEY.fullmatch(header):
        raise BadInput(
            "IDEMPOTENCY_KEY",
            N_("缺少请求头 Idempotency-Key，或格式不对。"),
            N_("请为每份订单生成一个 8 到 64 位的唯一键，重试时保持不变。"),
        )
    return header
