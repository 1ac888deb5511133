"""A font with Chinese, found where distributions put it, and checked for the characters it is to draw."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from PIL import ImageFont

from shared.kernel.errors import N_, Refused

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
REGULAR = ("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf", "wqy-zenhei.ttc")
BOLD = ("NotoSansCJK-Bold.ttc", "NotoSansSC-Bold.otf", "SourceHanSansSC-Bold.otf", "wqy-zenhei.ttc")
WELL_KNOWN = ("opentype/noto", "opentype/source-han-sans", "truetype/wqy", "truetype/noto", "noto-cjk", "")
MISSING_MARK = "〓"
"""The printers' geta mark: what Chinese and Japanese compositors set for a character that they do not have."""
_ABSENT = "\U0010ffff"
_CHINESE = "\u53d6"
"""The first character of the word for picking up: a font without it is none for us."""
_FACES = 12


@dataclass(frozen=True)
class LabelFont:
    """A regular and a bold face. Faces are loaded once for each size."""

    regular: Path
    bold: Path
    _faces: dict[tuple[bool, int], ImageFont.FreeTypeFont] = field(default_factory=dict, compare=False, repr=False)
    _covered: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def face(self, size: int, bold: bool) -> ImageFont.FreeTypeFont:
        """The face at ``size`` dots."""
        found = self._faces.get((bold, size))
        if found is None:
            found = self._faces[bold, size] = _simplified(self.bold if bold else self.regular, size)
        return found

    def covers(self, character: str) -> bool:
        """True where the font has a picture of its own for the character."""
        known = self._covered.get(character)
        if known is None:
            known = self._covered[character] = character.isspace() or self._drawn(character) != self._nothing
        return known

    def missing(self, text: str) -> str:
        """The characters of ``text`` that cannot be drawn, each once."""
        return "".join(dict.fromkeys(character for character in text if not self.covers(character)))

    @cached_property
    def _nothing(self) -> bytes:
        return self._drawn(_ABSENT)

    def _drawn(self, character: str) -> bytes:
        # Pillow does not tell which characters a font has; a missing one is drawn as the font's "not defined" box.
        return bytes(self.face(32, bold=False).getmask(character, mode="1"))


def find_font(folders: Iterable[Path] = FOLDERS) -> LabelFont:
    """The first known font with Chinese. Raises :class:`Refused` that says what to install where there is none."""
    places = [folder / below for folder in folders for below in WELL_KNOWN]
    regular, bold = _first(places, REGULAR), _first(places, BOLD)
    if regular is None or not LabelFont(regular, regular).covers(_CHINESE):
        raise Refused(
            "no_cjk_font",
            N_("本机没有中文字体，无法打印标签。"),
            N_("请安装 fonts-noto-cjk 或 fonts-wqy-zenhei。"),
        )
    return LabelFont(regular, bold or regular)


def _first(places: list[Path], names: tuple[str, ...]) -> Path | None:
    return next((place / name for name in names for place in places if (place / name).is_file()), None)


def _simplified(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """The face of a collection that draws characters the mainland way; the first where none says so."""
    first = ImageFont.truetype(str(path), size)
    if path.suffix != ".ttc" or (first.getname()[0] or "").endswith("SC"):
        return first
    for index in range(1, _FACES):
        try:
            face = ImageFont.truetype(str(path), size, index=index)
        except OSError:
            break
        if (face.getname()[0] or "").endswith("SC"):
            return face
    return first
