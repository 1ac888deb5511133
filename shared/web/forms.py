"""Reading what people typed: with limits, and with an error beside each field that could not be read."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext as _

from shared.kernel.errors import N_, BadInput
from shared.kernel.money import parse_yuan
from shared.kernel.privacy import normal_phone

Choice = TypeVar("Choice", bound=StrEnum)

LINE_CHARS = 200
TEXT_CHARS = 2_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"[\t\n]")


class Form:
    """One form as it came in. Each reader returns a value of its type, or a harmless one and a line in ``errors``.

    >>> form = Form({"count": "3"})
    >>> form.whole("count", low=1, high=99)
    3
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.errors: dict[str, str] = {}

    def __bool__(self) -> bool:
        """True while everything read so far was fine."""
        return not self.errors

    def raw(self, name: str) -> str:
        """What was typed, to show it again; shortened so that nobody gets back a megabyte."""
        return str(self._values.get(name, ""))[:TEXT_CHARS]

    def wrong(self, name: str, text: str) -> None:
        """Put an error beside a field; the first one stays."""
        self.errors.setdefault(name, text)

    def text(self, name: str, *, required: bool = True, limit: int = LINE_CHARS, lines: bool = False) -> str:
        """Text without edges, in one Unicode form (NFC), at most ``limit`` characters, one line unless ``lines``."""
        value = unicodedata.normalize("NFC", str(self._values.get(name, "")).replace("\r\n", "\n").replace("\r", "\n"))
        value = value.strip()
        if not value:
            if required:
                self.wrong(name, _("请填写这一项。"))
        elif len(value) > limit:
            self.wrong(name, _("最多 %(limit)s 个字，现在有 %(count)s 个。", limit=limit, count=len(value)))
        elif _CONTROL.search(value) or (not lines and _BREAKS.search(value)):
            self.wrong(name, _("里面有看不见的控制字符，请重新输入。"))
        else:
            return value
        return ""

    def whole(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number from ``low`` to ``high``; an empty field gives ``default`` where there is one."""
        text = self.text(name, required=default is None, limit=20)
        if not text:
            return low if default is None else default
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not low <= int(text) <= high:
            self.wrong(name, _("请填 %(low)s 到 %(high)s 之间的整数。", low=low, high=high))
            return low
        return int(text)

    def money(self, name: str, *, high_fen: int) -> int:
        """Yuan as typed → fen, from 0 to ``high_fen``."""
        text = self.text(name, limit=20)
        if not text:
            return 0
        try:
            fen = parse_yuan(text)
        except ValueError:
            fen = -1
        if not 0 <= fen <= high_fen:
            self.wrong(name, _("请填金额，例如 12.30，最多 %(high)s 元。", high=high_fen // 100))
            return 0
        return fen

    def digits(self, name: str, *, length: int) -> str:
        """Exactly ``length`` digits; full-width digits and spaces between them are forgiven."""
        text = re.sub(r"\s", "", unicodedata.normalize("NFKC", self.text(name, limit=4 * length)))
        if text and not re.fullmatch(rf"[0-9]{{{length}}}", text):
            self.wrong(name, _("请输入 %(length)s 位数字。", length=length))
            return ""
        return text

    def phone(self, name: str, *, required: bool = True) -> str:
        """A mainland mobile number → eleven digits."""
        text = self.text(name, required=required, limit=30)
        if not text:
            return ""
        try:
            return normal_phone(text)
        except ValueError:
            self.wrong(name, _("请输入 11 位手机号。"))
            return ""

    def day(self, name: str, *, required: bool = True) -> date | None:
        """A date as ``2026-11-22``."""
        text = self.text(name, required=required, limit=10)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(name, _("请填日期，例如 2026-11-22。"))
            return None

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One value of an enum; anything else is an error beside the field and gives the first value."""
        text = str(self._values.get(name, ""))
        if not text and default is not None:
            return default
        try:
            return kind(text)
        except ValueError:
            self.wrong(name, _("请从列出的几项里选一项。"))
            return next(iter(kind))

    def flag(self, name: str) -> bool:
        """True when the box was ticked."""
        return str(self._values.get(name, "")) in {"1", "on", "true", "yes"}

    def check(self) -> None:
        """Raise :class:`BadInput` with the first error, for forms without a place beside each field."""
        for text in self.errors.values():
            raise BadInput("form", N_("没有看懂填写的内容：%(why)s"), N_("请检查后再提交。"), why=text)
