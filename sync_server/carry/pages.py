"""The way in for sealed files: ``/v1/carry`` for neighbours that pass them on, an upload page for operators."""

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import CARRY_BYTES, RELAY_BYTES
from shared.sync.wire import Problem, pack
from shared.web.i18n import words
from shared.web.security import without_csrf
from sync_server.carry import store
from sync_server.carry.operations import CONTENT_TYPE, WORDS, Outcome, Taken, answer_box, keep_answer
from sync_server.console.access import TOKEN_KEY, guard, operator
from sync_server.host import current_centre

ROOM_FOR_THE_FORM = 64 * 1024
FILES_SHOWN = 20

api = Blueprint("carry_api", __name__, url_prefix="/v1")
blueprint = Blueprint("carry", __name__, url_prefix="/console/carry", template_folder="templates")
guard(blueprint)


def register(app: Flask) -> None:
    """Both blueprints."""
    app.register_blueprint(api)
    app.register_blueprint(blueprint)
    without_csrf(app, api)


@api.errorhandler(Refused)
def _refused(refused: Refused) -> Response:
    """For whoever passed the box on; the kiosk behind it can't check who says so, and believes nothing of it."""
    problem = Problem(code=refused.code, message=refused.message, next_step=refused.next_step)
    return Response(pack(problem), refused.status, content_type=CONTENT_TYPE)


@api.before_request
def _limit_boxes() -> None:
    request.max_content_length = RELAY_BYTES


@blueprint.url_value_preprocessor
def _larger_body(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the body: a carried file may be larger than a form, for whoever has a session."""
    if endpoint == "carry.upload" and TOKEN_KEY in session:
        request.max_content_length = CARRY_BYTES + ROOM_FOR_THE_FORM


@api.post("/carry")
def pass_on() -> ResponseReturnValue:
    """A neighbour passed this on. It is as good as its seal: who stands at the other end does not matter."""
    taken = _answered(request.get_data())
    return Response(taken.box, content_type=CONTENT_TYPE)


def _answered(box: bytes) -> Taken:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # Flask's documented way to the app itself
    return answer_box(app, current_centre(), box)


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _form(None)


def _form(trouble: Refused | None) -> str:
    return render_template(
        "carry/carry.html",
        done=store.newest(current_centre().db, FILES_SHOWN),
        words_of=lambda kept: words(WORDS[Outcome(kept.outcome)][0], {"facts": kept.facts, "detail": kept.detail}),
        trouble=trouble,
        cause=words(trouble.message, trouble.params) if trouble else "",
        next_step=words(trouble.next_step, trouble.params) if trouble else "",
        megabytes=CARRY_BYTES >> 20,
    )


@blueprint.post("")
def upload() -> ResponseReturnValue:
    """Take a kiosk's file in; what became of it, and the answer to carry back, in this page only."""
    try:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise BadInput("FILE_MISSING", N_("还没有选择文件。"), N_("请选择终端导出的 .linqu 文件。"))
        taken = _answered(file.read())
    except Refused as refused:
        return _form(refused), refused.status
    answer_id = keep_answer(current_centre(), taken, operator())
    return redirect(url_for("carry.show_answer", answer_id=answer_id), 303)


@blueprint.get("/<answer_id>")
def show_answer(answer_id: str) -> ResponseReturnValue:
    """What became of a file, and the answer to fetch."""
    kept = store.one(current_centre().db, answer_id)
    if kept is None:
        raise NotFound
    said, step = WORDS[Outcome(kept.outcome)]
    params: dict[str, object] = {"facts": kept.facts, "detail": words(kept.detail, {})}
    return render_template("carry/taken.html", kept=kept, said=words(said, params), step=words(step, params))


@blueprint.get("/<answer_id>/answer.linqu")
def fetch(answer_id: str) -> ResponseReturnValue:
    """The sealed answer, to be put on the stick."""
    kept, box = store.one(current_centre().db, answer_id), store.box(current_centre().db, answer_id)
    if kept is None or box is None:
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="{kept.file_name}"'}
    return Response(box, content_type="application/octet-stream", headers=headers)
