"""Fonts of pictures: which there are, and which letters none of them can draw."""

from __future__ import annotations

from functools import cache
from typing import Final

_OWN: Final = "DejaVu Sans"
"""The font that comes with Matplotlib."""
_OTHERS: Final = (
    "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans KR", "Noto Sans JP", "Noto Sans SC",
    "Source Han Sans", "WenQuanYi Zen Hei", "Malgun Gothic", "Yu Gothic", "Microsoft YaHei",
    "Apple SD Gothic Neo", "Hiragino Sans", "PingFang SC", "Noto Sans Devanagari", "Nirmala UI",
)  # fmt: skip
"""Fonts of systems with letters that it lacks."""


@cache
def families() -> tuple[str, ...]:
    """Fonts in the order in which a letter is looked for."""
    from matplotlib.font_manager import fontManager

    installed = {one.name for one in fontManager.ttflist}
    return (_OWN, *(name for name in _OTHERS if name in installed))


@cache
def _letters() -> frozenset[int]:
    """Numbers of the letters that some of the fonts can draw."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    found: set[int] = set()
    for name in families():
        found |= set(get_font(findfont(FontProperties(family=name))).get_charmap())
    return frozenset(found)


def drawable(text: str) -> str:
    """A text whose letters can be drawn; another letter is shown as its number."""
    if text.isascii():
        return text
    known = _letters()
    return "".join(
        one if ord(one) in known else one.encode("unicode_escape").decode() for one in text
    )
