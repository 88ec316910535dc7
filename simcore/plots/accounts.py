"""Picture of accounts: the balance by year as a fan, beside what is owed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.notation import share
from simcore.plots.amounts import amounts_of
from simcore.plots.choice import MOST, grid_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import (
    FULL,
    PALE,
    amount_axis,
    empty,
    fan,
    line,
    quantile_of,
    year_axis,
    zero,
)
from simcore.plots.panels import BLUE, VERMILLION, labels_of
from simcore.plots.sheet import GREY, INK, Sheet, wrapped
from simcore.plots.words import also, called, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = "account_balance"
_OWED: Final = "account_owed"
_SOLVENT: Final = "account_solvent_mean"


@picture(
    "accounts", shows="the balance of each fund or bond by year, beside what it owes",
    needs=[f"{_NAME}_quantile"], each=("scenario",),
    usual=lambda run: f"{_NAME}_quantile" in run,
)  # fmt: skip
def accounts(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """A panel an account."""
    known = [one for one in labels_of(dataset, "account")
             if np.isfinite(dataset[f"{_NAME}_mean"].sel(account=one).values).any()]  # fmt: skip
    names = known[:MOST]
    if not names:
        return None
    rows, columns = grid_of(len(names))
    sheet = Sheet(rows, columns, (2.9 if columns > 2 else 3.6, 2.5), "none")
    ends = [quantile_of(dataset.sel(account=names), _NAME, one) for one in (0.05, 0.95)]
    amounts = amounts_of(dataset[f"{_NAME}_quantile"].attrs, ends)
    owes = False
    room = sheet.width / columns - 0.8
    for place, (axes, name) in enumerate(zip(sheet.used(len(names)), names, strict=True)):
        cell = dataset.sel(account=name)
        held = np.isfinite(quantile_of(cell, _NAME, 0.5))
        cell = cell.isel(year=held)
        if not held.any():
            empty(axes)
            continue
        year_axis(axes, cell["year"].values, room)
        fan(axes, cell, _NAME, amounts, BLUE)
        if f"{_OWED}_quantile" in dataset:
            owed = quantile_of(cell, _OWED, 0.5) * amounts.factor
            if np.nanmax(np.abs(owed)) > 0:
                owes = True
                line(axes, cell["year"].values, owed, VERMILLION, linestyle=(0, (4, 2)))
        zero(axes)
        amount_axis(axes, amounts)
        title = called(dataset, "account", name)
        axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
        _said(axes, cell)
        if place % columns == 0:
            axes.set_ylabel(amounts.unit, fontsize=9, color=INK)
    sheet.title = _title(dataset, names)
    sheet.subtitle = standing(dataset, what=f"Balance at the end of the year, {amounts.whole}",
                              is_sold=False)  # fmt: skip
    _explain(sheet, owes=owes)
    if len(known) > len(names):
        sheet.notes.append(f"{len(known) - len(names)} more accounts are not shown.")
    sheet.notes += also(dataset, asked)
    return sheet.finished()


def _title(dataset: xr.Dataset, names: list[str]) -> str:
    if _SOLVENT not in dataset:
        return "What funds and bonds hold"
    first = dataset.sel(account=names[0])
    found = float(first[_SOLVENT].values)
    owes = f"{_OWED}_quantile" in first and np.nanmax(first[f"{_OWED}_quantile"].values) > 0
    what = "covers what it owes" if owes else "is out of the red"
    return (
        f"{called(dataset, 'account', names[0])} {what} in the end in {share(found)} of the draws"
    )


def _said(axes: Axes, cell: xr.Dataset) -> None:
    """How often the account is solvent, inside of its panel."""
    if _SOLVENT in cell:
        axes.annotate(
            f"solvent: {share(float(cell[_SOLVENT].values))}", (0.03, 0.04),
            xycoords="axes fraction", fontsize=8.5, color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        )  # fmt: skip


def _explain(sheet: Sheet, *, owes: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = [
        (Line2D([], [], color=BLUE, linewidth=1.8), "P50 of the balance"),
        (Patch(color=BLUE, alpha=FULL, lw=0), "P25 to P75"),
        (Patch(color=BLUE, alpha=PALE, lw=0), "P5 to P95"),
    ]  # fmt: skip
    if owes:
        dashes = (0, (4, 2))
        marks.append((Line2D([], [], color=VERMILLION, linestyle=dashes), "P50 of what is owed"))
    sheet.legend([mark for mark, _ in marks], [text for _, text in marks])
    sheet.notes.append(
        "Solvent where the last balance is no less than what is owed then. Below zero the account "
        "borrows more. Each panel has its own scale."
    )
