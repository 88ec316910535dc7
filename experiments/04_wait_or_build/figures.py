"""Pictures and the table of waiting or building, from what experiment.yaml gave.

    python experiments/04_wait_or_build/figures.py results/04_wait_or_build.zarr

Reads the run, and beside it what `simcore wait` has written under the same name with `_wait`.
Amounts are in the money of the run, values those of 2029.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simcore.analysis.notation import share
from simcore.analysis.waiting import CALLED, Choice, choices_of, said_simple
from simcore.plots import script

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision.
SCENARIOS = {"undecided": "#000000", "law": "#0072B2", "reform": "#D55E00"}
WAYS = {"wait_best": "#BBBBBB", "wait_value": "#0072B2", "wait_perfect": "#E6C35C"}
DATES = ("#0072B2", "#56B4E9", "#009E73", "#F0E442")
SHOWN = ("gas", "gas_contract", "hydrogen", "hydrogen_contract", "scrap", "any")
MAIN = "undecided"


class Row(NamedTuple):
    """What is found of one choice."""

    choice: str
    asked: str
    found: str


# ------------------------------------------------------------------------- reading what was found


def told(waits: xr.Dataset) -> dict[tuple[str, str], Choice]:
    """Every choice, by its name and scenario."""
    return {(one.name, one.scenario): one for one in choices_of(waits)}


def billions(value: float) -> str:
    return f"{value / 1e3:.2f}"


def gain(one: Choice) -> str:
    """The option to wait with its interval."""
    option = one.means["wait_option"]
    return f"{billions(option.value)} +- {option.half / 1e3:.2f}"


def money(run: xr.Dataset) -> str:
    return f"bn {script.money(run)}"


def starts(one: Choice) -> list[float]:
    """Share of the draws that start at each date, and of those that never do."""
    return [*(one.built(date) for date in one.dates), one.never]


def limits(one: Choice) -> list[str]:
    """Threshold of the carbon price by date, a word where there is none."""
    words = {"always": "any", "never": "none", "several": "several"}
    return [
        words.get(each.kind, f"{each.value:.0f}")
        for each in one.limits if each.feature == "carbon_price"
    ]  # fmt: skip


# ------------------------------------------------------------------------------------- pictures


def values(run: xr.Dataset, waits: xr.Dataset) -> Figure:
    """What each way to decide is worth, by choice."""
    figure, panels = script.panels((9, 5.2), 1)
    axes = panels[0]
    found = told(waits)
    for at, name in enumerate(SHOWN):
        one = found[name, MAIN]
        for lane, (way, colour) in enumerate(WAYS.items()):
            mean = one.means[way]
            y = at + 0.27 * (lane - 1)
            axes.barh(y, mean.value / 1e3, height=0.25, color=colour,
                      label=CALLED[way] if at == 0 else None)  # fmt: skip
            axes.errorbar(mean.value / 1e3, y, xerr=mean.half / 1e3, ecolor="black", elinewidth=1,
                          capsize=2)  # fmt: skip
            axes.annotate(billions(mean.value), (max(mean.high, 0) / 1e3, y), xytext=(4, 0),
                          textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    labels = []
    for name in SHOWN:
        one = found[name, MAIN]
        date, option = one.best
        fixed = "never" if option == "never" else f"start in {date}"
        labels.append(f"{one.title}\nbest fixed: {fixed}")
    axes.set_yticks(range(len(SHOWN)), labels)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.1)
    figure.suptitle("What it is worth to replace a furnace, by how it is decided")
    note = (
        f"{money(run)}, value of 2029, 2 Mt a year; law or reform undecided; "
        "lines: 95 % intervals of the means"
    )
    script.legend(figure, panels, note)
    return figure


def when(run: xr.Dataset, waits: xr.Dataset) -> Figure:
    """How often the adaptive rule starts a plant at each date."""
    figure, panels = script.panels((9, 3.9), 1)
    axes = panels[0]
    found = told(waits)
    for at, name in enumerate(SHOWN):
        one, left = found[name, MAIN], 0.0
        names = [*(f"start in {date}" for date in one.dates), "never: the furnace is relined"]
        for part, label, colour in zip(starts(one), names, (*DATES, "#DDDDDD"), strict=True):
            axes.barh(at, 100 * part, left=left, color=colour, height=0.65,
                      label=label if at == 0 else None)  # fmt: skip
            if part > 0.035:
                dark = colour in ("#0072B2", "#009E73")
                axes.annotate(f"{100 * part:.0f}", (left + 50 * part, at), ha="center", fontsize=8,
                              va="center", color="white" if dark else "black")  # fmt: skip
            left += 100 * part
    axes.set_yticks(range(len(SHOWN)), [found[name, MAIN].title for name in SHOWN])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.grid(visible=False)
    axes.set_xlabel("% of the draws")
    figure.suptitle("When the adaptive rule starts")
    script.legend(figure, panels, "decided three years before; law or reform undecided")
    return figure


def thresholds(run: xr.Dataset, waits: xr.Dataset) -> Figure:
    """Carbon price from which on a gas-based plant is started, by date and scenario."""
    figure, panels = script.panels((9.5, 4.2), len(SCENARIOS))
    found = told(waits)
    for axes, (scenario, colour) in zip(panels, SCENARIOS.items(), strict=True):
        one = found["gas", scenario]
        lead = [each for each in one.limits if each.feature == "carbon_price"]
        for at, each in enumerate(lead):
            low, middle, high = each.known
            axes.plot([at, at], [low, high], color="#999999", linewidth=6, alpha=0.6,
                      label="carbon price then, P5 to P95" if at == 0 else None)  # fmt: skip
            axes.plot(at, middle, "o", color="white", markeredgecolor="#555555", markersize=5,
                      label="its P50" if at == 0 else None)  # fmt: skip
            if each.kind == "above":
                axes.plot([at - 0.3, at + 0.3], [each.value] * 2, color=colour, linewidth=2.5,
                          label=None if at < len(lead) - 1 else "start above, or wait")  # fmt: skip
                axes.annotate(f"{each.value:.0f}", (at + 0.32, each.value), va="center", fontsize=8)
            else:
                axes.annotate("never" if each.kind == "never" else "-", (at, high), xytext=(0, 4),
                              textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        once = found["gas_once", scenario].limits[0]
        if once.kind == "above":
            axes.plot([-0.3, 0.3], [once.value] * 2, color=colour, linewidth=2, linestyle=":",
                      label="start above, 2030 or never")  # fmt: skip
            axes.annotate(f"{once.value:.0f}", (0.32, once.value), va="center", fontsize=8)
        axes.set_title(f"{scenario}: {share(one.never, typeset=True)} never", fontsize=10)
        axes.set_xticks(range(len(lead)), [f"{each.date}" for each in lead])
        axes.set_xlim(-0.5, len(lead) - 0.3)
        axes.grid(visible=False, axis="x")
    top = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(0, top)
    panels[0].set_ylabel(f"{run.attrs['currency']}/t CO2, three years before the start")
    figure.suptitle("Gas DRI without a contract: from which carbon price on it is started")
    script.legend(figure, panels[:1], "gas and power at their medians; by first year of production")
    return figure


# ---------------------------------------------------------------------------------------- table


def comparison(run: xr.Dataset, waits: xr.Dataset) -> list[Row]:
    """What each choice is worth, when it is made, and by which thresholds."""
    found, rows = told(waits), []
    for name in dict.fromkeys(name for name, _ in found):
        one = found[name, MAIN]
        each = [found[name, scenario] for scenario in SCENARIOS]

        def row(asked: str, said: str, title: str = one.title) -> None:
            rows.append(Row(title, asked, said))

        if name in run["project"].values:
            lost = [
                100 * (1 - float(run["project_npv_positive"].sel(scenario=s, project=name)))
                for s in SCENARIOS
            ]
            row("started in 2030 it loses, % of the draws; undecided, law, reform",
                ", ".join(f"{value:.0f}" for value in lost))  # fmt: skip
            if name.endswith("_contract"):
                at = {"scenario": MAIN, "project": name, "instrument": "contract"}
                strike = float(run["instrument_strike_mean"].sel(at | {"year": 2030}))
                paid = float(run["instrument_npv_mean"].sel(at)) / 1e3
                row(
                    "strike for 2030, EUR/t CO2; the public pays, mean", f"{strike:.0f}; {paid:.1f}"
                )
        fixed = [
            " / ".join(billions(max(
                mean.value for (when, option), mean in one.fixed.items()
                if when == date and option != "never"
            )) for date in one.dates)
        ]  # fmt: skip
        row(f"started in {' / '.join(map(str, one.dates))} whatever happens, {money(run)}", *fixed)
        row("best fixed date, adaptive rule, perfect foresight",
            ", ".join(billions(one.means[way].value) for way in WAYS))  # fmt: skip
        row("adaptive rule; undecided, law, reform",
            ", ".join(billions(other.means["wait_value"].value) for other in each))  # fmt: skip
        row("the option to wait; undecided, law, reform", ", ".join(map(gain, each)))
        captured = "-" if one.captured != one.captured else "none"
        if one.captured > 0:
            captured = f"{share(one.captured, typeset=True)}: {said_simple(one)}"
        row("of which one limit for all dates gets", captured)
        heads = " / ".join(map(str, [*one.dates, "never"]))
        row(f"% of the draws that start in {heads}",
            " / ".join(f"{100 * part:.0f}" for part in starts(one)))  # fmt: skip
        row("carbon price from which on it is started, EUR/t, by date; undecided, law, reform",
            ", ".join(" / ".join(limits(other)) for other in each))  # fmt: skip
    return rows


def table(run: xr.Dataset, waits: xr.Dataset) -> str:
    """The comparison as a Markdown table, headed by what identifies the run."""
    head = f"{script.identity(run)}; waiting: {int(waits.attrs['draws']):,} draws"
    header = ("choice", "what", "found")
    return "\n".join([head, "", *script.table(header, comparison(run, waits))])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the table."""
    script.main(
        __file__, __doc__, (values, when, thresholds), table, arguments=arguments, beside="wait"
    )


if __name__ == "__main__":
    main()
