"""Languages: Chinese is written in the source, zh-TW and English come from the catalogs in ``translations/``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Babel, get_translations, gettext

TRANSLATIONS = Path(__file__).with_name("translations")
SESSION_KEY = "language"


@dataclass(frozen=True)
class Language:
    """``code`` names the catalog, ``html_lang`` goes into the page, ``short`` onto the button."""

    code: str
    html_lang: str
    name: str
    short: str


LANGUAGES = (
    Language("zh_Hans_CN", "zh-CN", "简体中文", "中"),
    Language("zh_Hant_TW", "zh-TW", "繁體中文", "繁"),
    Language("en", "en", "English", "EN"),
)
SOURCE = LANGUAGES[0]
BY_CODE = {language.code: language for language in LANGUAGES}


def all_languages() -> tuple[Language, ...]:
    """Every language a page can be read in, the source first."""
    return LANGUAGES


def current_language() -> Language:
    """Chosen in this session; else what the browser asks for where the app listens to it; else the app's own."""
    own = BY_CODE[current_app.config["LINQU_LANGUAGE"]]
    if not has_request_context():
        return own
    chosen = BY_CODE.get(session.get(SESSION_KEY, ""))
    if chosen is not None:
        return chosen
    if current_app.config["LINQU_ACCEPT_LANGUAGE"]:
        best = request.accept_languages.best_match([language.html_lang for language in LANGUAGES])
        return next((language for language in LANGUAGES if language.html_lang == best), own)
    return own


def words(message: str, params: dict[str, object]) -> str:
    """A message id marked with ``N_`` in the language of this request, its ``%(name)s`` places filled."""
    if not message:
        return ""
    return gettext(message, **params) if params else gettext(message).replace("%%", "%")


def init_languages(app: Flask, timezone: str) -> None:
    """Give ``app`` the catalogs and the choice of language."""
    Babel(
        app,
        default_locale=SOURCE.code,
        default_timezone=timezone,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=lambda: current_language().code,
    )
    # Flask-Babel looks the catalog up anew for every word of a template: a fifth of a page's time
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # comes with jinja2.ext.i18n
        gettext=lambda text: _catalog().ugettext(text),
        ngettext=lambda one, many, count: _catalog().ungettext(one, many, count),
        pgettext=lambda context, text: _catalog().upgettext(context, text),
        newstyle=True,
        npgettext=lambda context, one, many, count: _catalog().unpgettext(context, one, many, count),
    )


def _catalog() -> Any:
    """The catalog of this request's language, looked up once."""
    if "linqu_catalog" not in g:
        g.linqu_catalog = get_translations()
    return g.linqu_catalog
