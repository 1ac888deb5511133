"""Every error a person can meet, in one place: cause, next step, code; a whole page, or a fragment for htmx."""

from dataclasses import dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from htmx_flask import request as htmx_request
from werkzeug.exceptions import HTTPException, InternalServerError

from shared.kernel.errors import N_, Refused
from shared.web.i18n import words

KEPT_HEADERS = ("allow", "retry-after", "www-authenticate")


@dataclass(frozen=True)
class ErrorWords:
    """Message ids of one kind of error. ``retry`` offers to ask for the same page again."""

    title: str
    text: str
    next_step: str
    tone: str = "warn"
    retry: bool = False
    drawing: str = "basket-empty"


@dataclass(frozen=True)
class ShownError:
    """An error in the reader's language."""

    code: str
    title: str
    text: str
    next_step: str
    tone: str
    retry: bool
    drawing: str


STALE_PAGE = ErrorWords(
    N_("这个页面放得太久了"), N_("为了安全，操作没有执行。"), N_("请刷新页面，再做一次。"), retry=True
)
WORDS = {
    400: ErrorWords(N_("没有看懂这个请求"), N_("送来的内容不完整或格式不对。"), N_("请返回上一页检查后再试。")),
    401: ErrorWords(N_("请先登录"), N_("这个页面只给登录后的人看。"), N_("登录后会回到这里。"), drawing="locked"),
    403: ErrorWords(
        N_("您不能打开这个页面"), N_("当前身份没有这个权限。"), N_("请找负责人开通，或换一个账号。"), drawing="locked"
    ),
    404: ErrorWords(N_("没有这个页面"), N_("它可能已经移走，或者地址有误。"), N_("回到首页重新找。")),
    405: ErrorWords(N_("这里不能这样操作"), N_("这个地址不接受这种请求。"), N_("回到上一页，用页面上的按钮操作。")),
    413: ErrorWords(N_("内容太大了"), N_("送来的内容超过了上限。"), N_("请分成几次，或换一个小一些的文件。")),
    422: ErrorWords(N_("这次没有办成"), N_("规则不允许这样做。"), N_("请看清提示后再试。")),
    429: ErrorWords(N_("请求太频繁了"), N_("短时间内请求太多。"), N_("请稍等一会儿再试。"), retry=True),
    500: ErrorWords(
        N_("这里出了点问题"),
        N_("不是您的错。已经保存的内容不会丢失。"),
        N_("请再试一次；仍不行请把代码告诉店员。"),
        "alarm",
        True,
    ),
    503: ErrorWords(N_("暂时忙不过来"), N_("服务正在恢复。"), N_("请过一会儿再试。"), "warn", True, "cloud-off"),
}  # fmt: skip


def _shown(code: str, kind: ErrorWords) -> ShownError:
    return ShownError(
        code,
        gettext(kind.title),
        gettext(kind.text),
        gettext(kind.next_step),
        kind.tone,
        # Only a page that was asked for by address can be asked for again.
        kind.retry and request.method == "GET",
        kind.drawing,
    )


def answer(shown: ShownError, status: int) -> Response:
    """The error as JSON for machines (``/v1/``), as a fragment for htmx, as a page for everybody else."""
    if request.path.startswith("/v1/"):
        response = jsonify(code=shown.code, message=shown.title, next_step=shown.next_step)
    elif htmx_request.htmx and not htmx_request.htmx.history_restore_request:
        response = make_response(render_template("error_fragment.html", error=shown))
    else:
        response = make_response(render_template("error.html", error=shown))
    response.status_code = status
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    status = error.code
    kind = WORDS.get(status) or WORDS[400 if status < 500 else 500]
    response = answer(_shown(str(status), kind), status)
    for name, value in error.get_headers():
        if name.lower() in KEPT_HEADERS:
            response.headers[name] = value
    return response


def _stale(error: CSRFError) -> Response:
    return answer(_shown("csrf", STALE_PAGE), error.code or 400)


def _refused(error: Refused) -> Response:
    shown = ShownError(
        error.code,
        words(error.message, error.params),
        "",
        words(error.next_step, error.params),
        "warn",
        False,
        "basket-empty",
    )
    return answer(shown, error.status)


def _unforeseen(error: InternalServerError) -> Response:
    return answer(_shown("500", WORDS[500]), 500)


def init_errors(app: Flask) -> None:
    """Let ``app`` answer every error with words a person can act on."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _unforeseen)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(Refused, _refused)
