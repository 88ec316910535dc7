"""A sheet: title, subtitle, legend, panels and notes, each in the room that its words take.

All lengths are inches. Text is measured and wrapped, never cut, so that it stays on the sheet
whatever it is; the sheet grows with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#222222"
GREY: Final = "#5A5A5A"
_EDGE: Final = 0.22
_LINE: Final = 1.32
"""Height of a line, in its letters."""
_RESERVE: Final = 1.07
"""Of a width: letters on a coarse screen are up to so much wider than measured."""
_SIZES: Final = {"title": 13.0, "subtitle": 9.0, "legend": 8.5, "note": 7.8}


@dataclass
class Sheet:
    """A picture in the making.

    Parameters
    ----------
    rows, columns : int
        Of panels.
    panel : tuple of float
        Width and height of one.
    share : str
        Which panels have one scale: ``row``, ``all`` or ``none``.

    Attributes
    ----------
    title, subtitle : str
        The finding; what is shown, against what.
    notes : list of str
        How to read it, and what is left out.
    """

    rows: int
    columns: int
    panel: tuple[float, float]
    share: str = "row"
    title: str = ""
    subtitle: str = ""
    notes: list[str] = field(default_factory=list)
    least: float = 7.2

    def __post_init__(self) -> None:
        from matplotlib.figure import Figure

        self.width = max(self.least, 2 * _EDGE + 0.7 + self.columns * self.panel[0])
        self.figure: Figure = Figure(figsize=(self.width, 5.0), layout="constrained")
        share: Any = {"row": "row", "all": "all", "none": False}[self.share]
        grid = self.figure.subplots(
            self.rows, self.columns, squeeze=False, sharey=share, sharex=self.share != "none"
        )
        self.grid: list[list[Axes]] = [list(row) for row in grid]
        self._legend: tuple[list[Any], list[str]] = ([], [])

    @property
    def panels(self) -> list[Axes]:
        """Panels row by row."""
        return [axes for row in self.grid for axes in row]

    def used(self, count: int) -> list[Axes]:
        """The first panels; the others are not shown, and those above them keep their years."""
        for axes in self.panels[count:]:
            axes.set_visible(False)
        for axes in self.panels[max(0, count - self.columns) : count]:
            axes.tick_params(labelbottom=True)
        return self.panels[:count]

    def legend(self, handles: Sequence[Any], labels: Sequence[str]) -> None:
        """Explain marks, above the panels."""
        self._legend = list(handles), list(labels)

    def finished(self) -> Figure:
        """Lay the words out and give the figure."""
        room = self.width - 2 * _EDGE
        words = {
            "title": _lines([self.title], room, _SIZES["title"], bold=True),
            "subtitle": _lines([self.subtitle], room, _SIZES["subtitle"]),
            "note": _lines(self.notes, room, _SIZES["note"]),
        }
        heights = {
            name: len(lines) * _SIZES[name] * _LINE / 72 for name, lines in words.items()
        }  # fmt: skip
        columns, legend_rows, labels = self._legend_size(room)
        key = legend_rows * 0.185 + 0.04 if legend_rows else 0.0
        top = _EDGE + heights["title"] + 0.04 + heights["subtitle"] + key + 0.05
        bottom = _EDGE * 0.6 + heights["note"] + 0.08
        height = top + self.rows * self.panel[1] + bottom
        self.figure.set_size_inches(self.width, height)
        self._write(words["title"], height - _EDGE, "title", height, color=INK, weight="bold")
        below = height - _EDGE - heights["title"] - 0.04
        self._write(words["subtitle"], below, "subtitle", height, color=GREY)
        self._write(words["note"], _EDGE * 0.6 + heights["note"], "note", height, color=GREY)
        if legend_rows:
            box = ((_EDGE - 0.02) / self.width, (below - heights["subtitle"] - 0.03) / height)
            legend = self.figure.legend(
                self._legend[0], labels, loc="upper left", bbox_to_anchor=box, ncols=columns,
                frameon=False, fontsize=_SIZES["legend"], borderpad=0, borderaxespad=0,
                handlelength=1.7, handletextpad=0.5, columnspacing=1.4, labelspacing=0.35,
            )  # fmt: skip
            legend.set_in_layout(False)
        engine: Any = self.figure.get_layout_engine()
        engine.set(
            rect=(
                0.1 / self.width, bottom / height,
                1 - 0.25 / self.width, 1 - (bottom + top) / height,
            ),
            w_pad=0.06, h_pad=0.05, wspace=0.02, hspace=0.03,
        )  # fmt: skip
        return self.figure

    def _write(
        self, lines: Sequence[str], top: float, kind: str, height: float, **style: Any
    ) -> None:
        for place, line in enumerate(lines):
            text = self.figure.text(
                _EDGE / self.width, (top - place * _SIZES[kind] * _LINE / 72) / height, line,
                ha="left", va="top", fontsize=_SIZES[kind], **style,
            )  # fmt: skip
            text.set_in_layout(False)

    def _legend_size(self, room: float) -> tuple[int, int, list[str]]:
        """Columns and lines of the legend, and its labels in lines that fit."""
        labels = [
            "\n".join(_lines([label], room - 0.6, _SIZES["legend"])) for label in self._legend[1]
        ]
        if not labels:
            return 1, 0, labels
        each = [width_of(label, _SIZES["legend"]) + 0.56 for label in labels]
        columns = len(labels)
        while columns > 1 and sum(max(each[at::columns]) for at in range(columns)) > room:
            columns -= 1
        lines = [labels[at : at + columns] for at in range(0, len(labels), columns)]
        tallest = [max(label.count("\n") + 1 for label in line) for line in lines]
        # A legend is filled column by column; it is read line by line.
        order = [
            place for column in range(columns) for place in range(column, len(labels), columns)
        ]  # fmt: skip
        self._legend = [self._legend[0][place] for place in order], self._legend[1]
        return columns, sum(tallest), [labels[place] for place in order]


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """A text in lines no wider than some inches."""
    return "\n".join(_lines([text], room, size, bold=bold))


def names_room(names: Sequence[str], size: float, *, most: float = 2.5) -> float:
    """Room for names beside an axis: that of the longest, up to which they are wrapped."""
    return min(most, max((width_of(one, size) for one in names), default=0.0) + 0.05)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Width of the widest line of a text, inches."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(
        family=rcParams["font.family"], size=size, weight="bold" if bold else "normal"
    )
    widths = (
        text_to_path.get_text_width_height_descent(line, font, False)[0]
        for line in text.split("\n") if line
    )  # fmt: skip
    return float(max(widths, default=0.0)) / 72 * _RESERVE


def _lines(texts: Sequence[str], room: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines no wider than the room; a word that is wider by itself is parted."""
    found: list[str] = []
    for paragraph in (part for text in texts if text for part in text.split("\n")):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if width_of(longer, size, bold=bold) <= room:
                line = longer
                continue
            if line:
                found.append(line)
            while width_of(word, size, bold=bold) > room and len(word) > 1:
                cut = max(1, int(len(word) * room / width_of(word, size, bold=bold)))
                while cut > 1 and width_of(word[:cut], size, bold=bold) > room:
                    cut -= 1
                found.append(word[:cut])
                word = word[cut:]
            line = word
        found.append(line)
    return found
