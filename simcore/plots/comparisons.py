"""The picture of scenarios beside each other, and of their difference draw by draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.compare import compare as compared
from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import BOUGHT, beside_buyer, known_labels, leading_route, year_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import PALE, amount_axis, band, line, quantile_of, year_axis, zero
from simcore.plots.panels import BLUE, COLOURS, labels_of
from simcore.plots.sheet import INK, Sheet, wrapped
from simcore.plots.words import also, called, left_out, product_of, standing, within
from simcore.statistics import split_name
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES: Final = ("cost_premium", "support_gap", "cost_premium_ex_carbon")
_ROWS: Final = 3
_COLUMNS: Final = 4


def _is_usual(run: xr.Dataset) -> bool:
    return run.sizes.get("scenario", 1) > 1 and f"{_NAMES[0]}_quantile" in run


@picture("compare", shows="scenarios beside each other, and their difference draw by draw",
         needs=[tuple(f"{one}_quantile" for one in (*_NAMES, BOUGHT))],
         each=("sector", "destination"), usual=_is_usual)  # fmt: skip
def compare(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """Of the first region and the leading route, or of those that are asked for."""
    dataset, buyers = beside_buyer(dataset)
    name = BOUGHT if buyers else next(
        (one for one in _NAMES if f"{one}_quantile" in dataset), ""
    )  # fmt: skip
    if not name:
        return None
    scenarios = labels_of(dataset, "scenario")
    if len(scenarios) < 2:
        return None
    year = year_of(dataset, asked)
    regions, ways = (known_labels(dataset, f"{name}_mean", dim) for dim in ("region", "route"))
    if not regions:
        return None
    shown = regions if "region" in asked.named else regions[:1]
    if "route" not in asked.named:
        ways = [leading_route(dataset.sel(region=shown), f"{name}_mean", year, ways)]
    cells = [(region, way) for region in shown for way in ways]
    if not {"region", "route"} & asked.named:
        cells = [_changed(dataset, name, scenarios, year, cells[0])]
    own, others = scenarios[0], scenarios[1:_COLUMNS]
    notes = [
        left_out(dataset, "region", list(dict.fromkeys(one for one, _ in cells[_ROWS:]))),
        left_out(dataset, "scenario", scenarios[_COLUMNS:]),
    ]
    cells = cells[:_ROWS]
    part = dataset.sel(region=list(dict.fromkeys(one for one, _ in cells)),
                       route=list(dict.fromkeys(way for _, way in cells)))  # fmt: skip
    cut = _of_outcome(part, name)
    apart = {
        other: compared(cut, variable=name, old_scenario=own, new_scenario=other).squeeze(
            [dim for dim in ("destination", "against") if dim in cut.dims]
        )
        for other in others
    }
    paired = {other: one for other, one in apart.items() if one.attrs["paired"]}
    if len(paired) < len(others):
        why = next(one.attrs["why_unpaired"] for one in apart.values() if not one.attrs["paired"])
        notes.append(f"No difference draw by draw: {why}.")
    amounts = amounts_of(
        dataset[f"{name}_quantile"].attrs,
        [quantile_of(part, name, one) for one in (0.05, 0.95)],
        product=product_of(dataset),
    )
    columns = 1 + len(paired)
    sheet = Sheet(len(cells), columns, (3.9 if columns < 3 else 3.0, 2.6), "none")
    room, years = sheet.width / columns - 0.9, dataset["year"].values
    for row, (region, way) in zip(sheet.grid, cells, strict=True):
        cell = part.sel(region=region, route=way)
        _beside(row[0], cell, name, [own, *others], amounts)
        for axes, (other, one) in zip(row[1:], paired.items(), strict=True):
            _apart(axes, one.sel(region=region, route=way), amounts)
            text = f"{called(dataset, 'scenario', other)} minus {called(dataset, 'scenario', own)}"
            axes.set_title(wrapped(text, room, 9.5), fontsize=9.5, loc="left", color=INK)
        _one_scale(row[1:])
        place = f"{called(dataset, 'route', way)}, {called(dataset, 'region', region)}"
        row[0].set_title(wrapped(place, room, 9.5), fontsize=9.5, loc="left", color=INK)
        for axes in row:
            year_axis(axes, years, room)
            zero(axes)
            amount_axis(axes, amounts)
            axes.set_ylabel(amounts.unit, fontsize=9, color=INK)
    sheet.title = _finding(dataset, cells[0], own, others[0], apart[others[0]], year, amounts)
    what = str(dataset[f"{name}_quantile"].attrs.get("long_name", name)).split(",")[0]
    if buyers:
        what = f"Costs the buyer more, delivered, than {called(dataset, 'against', buyers)}"
    sheet.subtitle = standing(
        dataset.sel(scenario=own), () if buyers else [region for region, _ in cells],
        what=f"{what}, {amounts.whole}", several=True, is_sold=not buyers,
    )  # fmt: skip
    _explain(sheet, dataset, [own, *others], bool(paired))
    sheet.notes = [*(note for note in notes if note), *also(dataset, asked)]
    return sheet.finished()


def _changed(
    dataset: xr.Dataset, name: str, scenarios: list[str], year: int, cell: tuple[str, str]
) -> tuple[str, str]:
    """The cell, or where the second scenario changes nothing there the one that it changes most."""
    means = dataset[f"{name}_mean"].sel(year=year)
    apart = abs(means.sel(scenario=scenarios[1]) - means.sel(scenario=scenarios[0])).fillna(0.0)
    if float(apart.sel(region=cell[0], route=cell[1])) > 0 or not bool((apart > 0).any()):
        return cell
    apart = apart.transpose("region", "route")
    row, column = np.unravel_index(int(apart.values.argmax()), apart.shape)
    return str(apart["region"].values[row]), str(apart["route"].values[column])


def _of_outcome(part: xr.Dataset, name: str) -> xr.Dataset:
    """The arrays of an outcome, with a dimension for the one destination or buyer."""
    kept = [
        one for one in part.data_vars if one == name or (split_name(str(one)) or ("",))[0] == name
    ]
    cut = part[kept]
    dims = OUTCOMES[name].dims if name in OUTCOMES else ()
    lone = [str(one) for one in cut.coords if cut[one].ndim == 0]
    return cut.expand_dims([one for one in lone if one in dims]).drop_vars(
        [one for one in lone if one not in dims]
    )


def _beside(
    axes: Axes, cell: xr.Dataset, name: str, scenarios: list[str], amounts: Amounts
) -> None:
    """Median, P5 and P95 of each scenario as lines: bands would hide each other."""
    for at, scenario in enumerate(scenarios):
        one = cell.sel(scenario=scenario)
        for probability in (0.05, 0.95):
            line(axes, cell["year"].values, quantile_of(one, name, probability) * amounts.factor,
                 COLOURS[at], linewidth=0.9, linestyle=(0, (4, 2)))  # fmt: skip
        line(axes, cell["year"].values, quantile_of(one, name, 0.5) * amounts.factor, COLOURS[at])


def _apart(axes: Axes, one: xr.Dataset, amounts: Amounts) -> None:
    years = one["year"].values
    low, middle, high = (
        one["difference_quantile"].sel(quantile=at, method="nearest").values * amounts.factor
        for at in (0.05, 0.5, 0.95)
    )
    band(axes, years, low, high, "#7F7F7F", PALE + 0.1)
    line(axes, years, middle, INK)
    line(axes, years, one["difference_mean"].values * amounts.factor, BLUE, linewidth=1.2,
         linestyle=(0, (4, 1.5)))  # fmt: skip


def _one_scale(row: list[Axes]) -> None:
    """Differences of a row have one scale."""
    if row:
        limits = np.array([axes.get_ylim() for axes in row])
        for axes in row:
            axes.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def _finding(
    dataset: xr.Dataset, cell: tuple[str, str], own: str, other: str, one: xr.Dataset, year: int,
    amounts: Amounts,
) -> str:  # fmt: skip
    region, way = cell
    there = one.sel(region=region, route=way, year=year)
    shift = float(there["difference_mean"])
    place = f"{called(dataset, 'route', way)} in {within(dataset, region)}"
    names = [called(dataset, "scenario", name) for name in (own, other)]
    if not np.isfinite(shift):
        return f"{names[1]} beside {names[0]}: {place}"
    text = amounts.text(abs(shift), unit=True)
    verb = "raises" if shift > 0 else "lowers"
    if text.split()[0].strip("0.") == "":
        return f"Scenario {names[1]} instead of {names[0]} changes nothing for {place} in {year}"
    low, high = (float(there[f"difference_mean_{end}"]) for end in ("low", "high"))
    return (
        f"Scenario {names[1]} instead of {names[0]} {verb} the mean of {place} by {text} in {year} "
        f"(95 % interval {amounts.text(low)} to {amounts.text(high)})"
    )


def _explain(sheet: Sheet, dataset: xr.Dataset, scenarios: list[str], paired: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = [
        Line2D([], [], color=COLOURS[at], linewidth=1.8) for at in range(len(scenarios))
    ]
    labels = [f"{called(dataset, 'scenario', one)}, median" for one in scenarios]
    handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2))))
    labels.append("P5 and P95")
    if paired:
        handles += [
            Line2D([], [], color=INK, linewidth=1.8), Patch(color="#7F7F7F", alpha=0.26, lw=0),
            Line2D([], [], color=BLUE, linewidth=1.2, linestyle=(0, (4, 1.5))),
        ]  # fmt: skip
        labels += ["median of the difference", "its P5 to P95", "its mean"]
    sheet.legend(handles, labels)
