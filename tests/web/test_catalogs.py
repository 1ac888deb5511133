"""The catalogs: every string of the product said in both other languages, whole, and in the words of the place."""

import re
from collections import Counter
from collections.abc import Iterator
from gettext import GNUTranslations

import pytest
from babel.messages import Catalog
from flask import Flask
from opencc import OpenCC

from shared.web import catalogs
from shared.web.i18n import init_languages
from sync_server.imports.columns import COLUMNS, ImportKind, recognise

PLACES = re.compile(r"%\(\w+\)[a-z]|%%")
HAN = re.compile("[\u4e00-\u9fff]")
LANGUAGES = pytest.mark.parametrize("code", catalogs.TRANSLATED)
# What a Taiwan reader stumbles over, and OpenCC leaves in some phrases.
MAINLAND = (
    "屏幕",
    "打印",
    "網絡",
    "軟件",
    "硬件",
    "信息",
    "賬號",
    "默認",
    "登錄",
    "運營",
    "攝像頭",
    "二維碼",
    "程式碼",
)
BUTTON_CHARACTERS = 42


def entries(code: str) -> Iterator[tuple[str, str]]:
    """Message and translation of each string the product has."""
    for message in catalogs.read(code):
        if message.id:
            assert isinstance(message.id, str)
            assert isinstance(message.string, str)
            yield message.id, message.string


@pytest.fixture(scope="module")
def strings() -> Catalog:
    """Every marked string of the product as it stands."""
    return catalogs.collect()


@LANGUAGES
def test_nothing_is_left_untranslated(code: str, strings: Catalog) -> None:
    catalog = catalogs.read(code)
    found = {(message.id, message.context): catalog.get(str(message.id), message.context) for message in strings}
    assert [key for key, entry in found.items() if key[0] and (entry is None or not entry.string)] == []
    assert [text for text, translation in entries(code) if not translation.strip()] == []


@LANGUAGES
def test_nothing_is_fuzzy_or_left_over(code: str, strings: Catalog) -> None:
    catalog = catalogs.read(code)
    assert [message.id for message in catalog if message.fuzzy] == []
    assert not catalog.obsolete
    wanted = {(message.id, message.context) for message in strings}
    assert [message.id for message in catalog if (message.id, message.context) not in wanted] == []


@LANGUAGES
def test_every_place_to_fill_is_kept(code: str) -> None:
    wrong = [
        (text, translation)
        for text, translation in entries(code)
        if Counter(PLACES.findall(text)) != Counter(PLACES.findall(translation))
    ]
    assert wrong == []


@LANGUAGES
def test_no_translation_breaks_when_it_is_filled(code: str) -> None:
    for text, translation in entries(code):
        names = re.findall(r"%\((\w+)\)", text)
        if names:
            filled = translation % dict.fromkeys(names, "7")
            assert "%(" not in filled, text


@LANGUAGES
def test_the_compiled_file_says_what_the_catalog_says(code: str) -> None:
    with catalogs.po_path(code).with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for message in catalogs.read(code):
        if message.id:
            text = str(message.id)
            spoken = compiled.pgettext(message.context, text) if message.context else compiled.gettext(text)
            assert spoken == message.string


def test_taiwan_reads_no_simplified_characters() -> None:
    strange = {}
    for text, translation in entries("zh_Hant_TW"):
        characters = [character for character in HAN.findall(translation) if not encodable(character)]
        if characters:
            strange[text] = characters
    assert strange == {}


def encodable(character: str) -> bool:
    """Big5 is the character set of Taiwan; it has no simplified-only characters."""
    try:
        character.encode("big5")
    except UnicodeEncodeError:
        return False
    return True


def test_taiwan_is_untouched_by_another_conversion() -> None:
    # A string somebody forgot to convert would change here. 台 and 臺 are both written in Taiwan.
    convert = OpenCC("s2tw").convert
    changed = {
        translation: convert(translation)
        for _text, translation in entries("zh_Hant_TW")
        if convert(translation).replace("臺", "台") != translation
    }
    assert changed == {}


def test_taiwan_uses_its_own_words() -> None:
    found = [(word, text) for _text, text in entries("zh_Hant_TW") for word in MAINLAND if word in text]
    assert found == []
    assert [text for _text, text in entries("zh_Hant_TW") if set("“”‘’") & set(text)] == []


def test_new_strings_are_turned_into_the_words_of_taiwan() -> None:
    convert = catalogs.taiwan_words()
    assert convert("打印机没有响应") == "印表機沒有回應"
    assert convert("请扫二维码登录自提点") == "請掃 QR Code 登入自取點"
    assert convert("第 %(row)s 行：“代码”不对") == "第 %(row)s 列：「代碼」不對"


def test_english_has_no_chinese() -> None:
    chinese = [
        text for text, words in entries("en") if HAN.search(words) or re.search("[，。；：「」、（）！？]", words)
    ]
    assert chinese == []


def test_short_words_stay_short_in_english() -> None:
    # Four Chinese characters are a button, a pill or a column head: the English has to fit the same place.
    long = [(text, words) for text, words in entries("en") if len(text) <= 4 and len(words) > BUTTON_CHARACTERS]
    assert long == []


@LANGUAGES
@pytest.mark.parametrize("kind", list(ImportKind))
def test_a_sample_file_is_understood_in_the_language_it_was_given_in(code: str, kind: ImportKind) -> None:
    said = {message.id: str(message.string) for message in catalogs.read(code) if not message.context}
    headings = [said[column.title] for column in COLUMNS[kind]]
    assert recognise(kind, headings) == {column.name: index for index, column in enumerate(COLUMNS[kind])}


def test_a_template_can_ask_for_a_word_as_the_menu_says_it() -> None:
    app = Flask(__name__)
    app.config.update(LINQU_LANGUAGE="en", LINQU_ACCEPT_LANGUAGE=False)
    init_languages(app, "Asia/Shanghai")
    with app.app_context():
        heads = app.jinja_env.from_string("{{ pgettext('menu', '订单') }}, {{ _('订单') }}")
        assert heads.render() == "Orders, Order"
