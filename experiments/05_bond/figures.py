"""Pictures and the table of a clean-industry bond, from a saved run of experiment.yaml.

    python experiments/05_bond/figures.py results/05_bond.zarr

Reads only the dataset. Amounts are real, in the money of the run; the issue is in money of each
year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simcore.plots import script

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision.
SCENARIOS = {"law": "#0072B2", "reform": "#D55E00"}
NAMES = {"law": "law as it stands", "reform": "proposal of July 2026"}
ACCOUNTS = {
    "all": "all carbon revenue",
    "own_resource": "own resources: 30 % of auctions, 75 % of CBAM",
    "new": "freed allowances and CBAM alone",
    "bank": "100 bn in all, from own resources",
}
ISSUE = {"all": 100, "own_resource": 100, "new": 100, "bank": 10}
"""Billion a year, of each of ten years."""
SHOWN = (2028, 2032, 2036, 2040)


class Row(NamedTuple):
    """What one account does in one scenario."""

    account: str
    scenario: str
    asked: str
    found: str


# ------------------------------------------------------------------------------ reading the run


def quantile(run: xr.Dataset, name: str, at: float, **labels: object) -> np.ndarray:
    """A stored quantile of an outcome of accounts, by year where it has years."""
    found: np.ndarray = run[f"{name}_quantile"].sel(quantile=at, **labels).values
    return found


def money(run: xr.Dataset) -> str:
    return f"bn {script.money(run)}"


# ------------------------------------------------------------------------------------- pictures


def revenue(run: xr.Dataset) -> Figure:
    """What comes in each year, beside what serves the issue."""
    names = ["all", "own_resource", "new"]
    figure, panels = script.panels((10, 4.0), 3)
    for axes, name in zip(panels, names, strict=True):
        for scenario, colour in SCENARIOS.items():
            one = run.sel(account=name, scenario=scenario, year=slice(2028, 2050))
            low, middle, high = (
                quantile(one, "account_inflow", at) / 1e3 for at in (0.05, 0.5, 0.95)
            )
            axes.fill_between(one["year"], low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(one["year"], middle, color=colour, linewidth=1.8,
                      label=f"revenue, {NAMES[scenario]}")  # fmt: skip
        service = run["account_service_mean"].sel(account=name, scenario="law")
        due = service.sel(year=slice(2028, 2050)) / 1e3
        axes.plot(due["year"], due, color="black", linestyle="--", label="service of the issue")
        axes.set_title(ACCOUNTS[name].replace(": ", ":\n"), fontsize=10, loc="left")
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel(f"{money(run)} a year")
    figure.suptitle("Carbon revenue falls as the service of ten issues of 100 bn rises")
    script.legend(figure, panels, "line: median, band: P5 to P95; each panel has its own scale")
    return figure


def carried(run: xr.Dataset) -> Figure:
    """How much could be issued a year, in ten years, beside what is asked for."""
    names = ["all", "own_resource", "new"]
    figure, panels = script.panels((10, 3.6), 1)
    axes = panels[0]
    for at, name in enumerate(names):
        for lane, (scenario, colour) in enumerate(SCENARIOS.items()):
            y = at + 0.26 * (lane - 0.5)
            low, middle, high = (
                ISSUE[name] * float(quantile(run, "account_carried", q, account=name,
                                             scenario=scenario))
                for q in (0.05, 0.5, 0.95)
            )  # fmt: skip
            axes.plot([low, high], [y, y], color=colour, linewidth=2.2)
            axes.plot(middle, y, "os"[lane], color="white", markeredgecolor=colour, markersize=6,
                      label=NAMES[scenario] if at == 0 else None)  # fmt: skip
            axes.plot(low, y, "|", color=colour, markersize=11, markeredgewidth=2.2)
            axes.annotate(f"{low:.0f}", (low, y), xytext=(-5, 0), textcoords="offset points",
                          ha="right", va="center", fontsize=9, weight="bold")  # fmt: skip
    axes.axvline(100, color="black", linestyle="--", linewidth=1)
    axes.annotate("asked for", (100, 2.0), xytext=(4, 0), textcoords="offset points", fontsize=9)
    axes.set_yticks(range(len(names)), [ACCOUNTS[name].replace(": ", ":\n") for name in names])
    axes.invert_yaxis()
    axes.set_xlim(left=-8)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("bn EUR a year from 2028 to 2037, money of each year")
    figure.suptitle("The bond that revenue carries")
    note = "line: P5 to P95, mark: median; bold: what is carried in 95 % of draws"
    script.legend(figure, panels, note)
    return figure


def balance(run: xr.Dataset) -> Figure:
    """What all carbon revenue leaves after all debts, by year."""
    figure, panels = script.panels((10, 4.0), 2)
    for axes, (scenario, colour) in zip(panels, SCENARIOS.items(), strict=True):
        one = run.sel(account="all", scenario=scenario, year=slice(2028, 2050))
        years = one["year"].values
        for low, high, shade in ((0.05, 0.95, 0.15), (0.25, 0.75, 0.3)):
            axes.fill_between(
                years, *(quantile(one, "account_balance", at) / 1e3 for at in (low, high)),
                color=colour, alpha=shade, linewidth=0,
            )  # fmt: skip
        axes.plot(years, quantile(one, "account_balance", 0.5) / 1e3, color=colour,
                  label="balance, median")  # fmt: skip
        axes.plot(years, quantile(one, "account_owed", 0.5) / 1e3, color="black", linestyle="--",
                  label="still owed")  # fmt: skip
        axes.axhline(0, color="black", linewidth=0.8)
        share = 100 * float(one["account_solvent_mean"])
        axes.set_title(f"{NAMES[scenario]}: repaid in {share:.0f} % of the draws", fontsize=10,
                       loc="left")  # fmt: skip
    panels[0].set_ylabel(money(run))
    figure.suptitle("100 bn a year against all carbon revenue")
    note = (
        "bands: P5 to P95, P25 to P75; repaid where the balance of 2050 covers what is owed then; "
        "scales differ"
    )
    script.legend(figure, panels, note)
    return figure


# ---------------------------------------------------------------------------------------- table


def comparison(run: xr.Dataset) -> list[Row]:
    """Whether each account repays its issue, how low it falls, and what it carries."""
    rows = []
    for name, title in ACCOUNTS.items():
        for scenario, called in NAMES.items():
            place = {"account": name, "scenario": scenario}
            one = run.sel(place)

            def row(asked: str, found: str, title: str = title, called: str = called) -> None:
                rows.append(Row(title, called, asked, found))

            row("repaid, % of the draws", f"{100 * float(one['account_solvent_mean']):.0f}")
            never = float(one["account_lowest_positive"].item())
            row("balance never below zero, % of the draws", f"{100 * never:.0f}")
            years = [float(quantile(one, "account_payback", q)) for q in (0.05, 0.5, 0.95)]
            row("paid back in, P5 / P50 / P95",
                " / ".join("never" if np.isnan(x) else f"{x:.0f}" for x in years))  # fmt: skip
            three = [float(quantile(one, "account_lowest", q)) / 1e3 for q in (0.05, 0.5, 0.95)]
            row(f"lowest balance, {money(run)}, P5 / P50 / P95",
                " / ".join(f"{x:.0f}" for x in three))  # fmt: skip
            three = [float(quantile(one, "account_capacity", q)) / 1e3 for q in (0.05, 0.5, 0.95)]
            row(f"bond of 2028 that it carries, {money(run)}, P5 / P50 / P95",
                " / ".join(f"{x:.0f}" for x in three))  # fmt: skip
            three = [ISSUE[name] * float(quantile(one, "account_carried", q))
                     for q in (0.05, 0.5, 0.95)]  # fmt: skip
            row("carried a year for ten years, bn EUR of each year, P5 / P50 / P95",
                " / ".join(f"{x:.0f}" for x in three))  # fmt: skip
            flows = [float(quantile(one.sel(year=y), "account_inflow", 0.5)) / 1e3 for y in SHOWN]
            row(f"revenue, {money(run)} a year, P50 of {', '.join(map(str, SHOWN))}",
                ", ".join(f"{x:.1f}" for x in flows))  # fmt: skip
    return rows


def table(run: xr.Dataset) -> str:
    """The comparison as a Markdown table, headed by what identifies the run."""
    header = ("account", "scenario", "what", "found")
    return "\n".join([script.identity(run), "", *script.table(header, comparison(run))])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the table."""
    script.main(__file__, __doc__, (revenue, carried, balance), table, arguments=arguments, dpi=100)


if __name__ == "__main__":
    main()
