"""Pictures and the table of carbon contracts, from a saved run of experiment.yaml.

    python experiments/03_contract/figures.py results/03_contract.zarr

Reads only the dataset. Amounts are in the money of the run, values those of 2029: of the firm at
its cost of capital, of the public at 3 %.

Who bears a risk is read from the draws: of a price (its mean over the years of the contract) the
dearest fifth of the draws is set beside the cheapest fifth. The mean value of the firm in the one
less that in the other is its risk, and so of what the public pays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simcore.plots import script

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision.
SCENARIOS = {"law": "#0072B2", "repealed": "#D55E00", "reform": "#009E73"}
FIRM, PUBLIC = "#0072B2", "#D55E00"
PLANTS = {"h2": "Hydrogen DRI", "gas": "Gas DRI"}
CONTRACTS = {
    "two_sided": "two-sided",
    "one_sided": "one-sided",
    "market": "market price",
    "indexed": "energy indexed",
}
# Hydrogen is made of renewable power: its price is the energy that a hydrogen plant buys.
ENERGY = {"h2": "renewable_electricity.EU", "gas": "natural_gas.EU"}
DEAR = {"h2": "renewable power", "gas": "gas"}
YEARS = slice(2030, 2044)
FIFTH = 0.2


class Row(NamedTuple):
    """What one contract does for one plant."""

    plant: str
    contract: str
    asked: str
    found: str


# ------------------------------------------------------------------------------ reading the run


def of(plant: str, contract: str) -> dict[str, str]:
    """Labels of a project and of its instrument."""
    return {"project": f"{plant}_{contract}", "instrument": contract}


def strike(run: xr.Dataset, plant: str, contract: str) -> float:
    """Strike that the run found."""
    told = json.loads(run.attrs["resolved"])
    return float(told[f"projects.{plant}_{contract}.{contract}.strike"]["value"])


def quantile(run: xr.Dataset, name: str, at: float, **labels: str) -> float:
    """A stored quantile."""
    return float(run[f"{name}_quantile"].sel(quantile=at, **labels))


def mean(run: xr.Dataset, name: str, **labels: str) -> float:
    """A stored mean, of what is 0 or 1 the share of the draws."""
    return float(run[f"{name}_mean"].sel(labels))


def price(run: xr.Dataset, what: str, plant: str) -> np.ndarray:
    """Mean price of carbon, or of the energy of a plant, in the years of the contract, by draw."""
    one = run.sel(scenario="law", year=YEARS)
    found = (
        one["carbon_price"].sel(market="eu_ets") if what == "carbon"
        else one["commodity_price"].sel(commodity=ENERGY[plant])
    )  # fmt: skip
    return found.mean("year").values


def swing(run: xr.Dataset, what: str, plant: str, contract: str = "") -> tuple[float, float]:
    """Mean value of the firm, and what the public pays, in the dearest less the cheapest fifth."""
    paid, law = price(run, what, plant), run.sel(scenario="law")
    low, high = np.quantile(paid, (FIFTH, 1 - FIFTH))

    def moved(values: np.ndarray) -> float:
        return float(values[paid >= high].mean() - values[paid <= low].mean())

    if not contract:
        return moved(law["project_npv"].sel(project=plant).values), 0.0
    place = of(plant, contract)
    firm = law["project_npv"].sel(project=place["project"]).values
    return moved(firm), moved(law["instrument_npv"].sel(place).values)


def money(run: xr.Dataset) -> str:
    return f"bn {script.money(run)}"


# ------------------------------------------------------------------------------------- pictures


def public(run: xr.Dataset) -> Figure:
    """What each contract costs the public, in each scenario."""
    figure, panels = script.panels((10, 4.4), len(PLANTS))
    for axes, (plant, title) in zip(panels, PLANTS.items(), strict=True):
        for lane, (scenario, colour) in enumerate(SCENARIOS.items()):
            for at, contract in enumerate(CONTRACTS):
                place = of(plant, contract) | {"scenario": scenario}
                low, high = (quantile(run, "instrument_npv", q, **place) for q in (0.05, 0.95))
                y = at + 0.24 * (lane - 1)
                axes.plot([low / 1e3, high / 1e3], [y, y], color=colour, linewidth=2)
                middle = mean(run, "instrument_npv", **place) / 1e3
                axes.plot(
                    middle, y, "os^"[lane], color="white", markeredgecolor=colour, markersize=6,
                    label=scenario if at == 0 else None,
                )  # fmt: skip
                axes.annotate(f"{middle:.1f}", (high / 1e3, y), xytext=(4, 0), va="center",
                              textcoords="offset points", fontsize=8)  # fmt: skip
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(title)
        axes.set_yticks(
            range(len(CONTRACTS)),
            [f"{name}\n{strike(run, plant, key):.0f} EUR/t CO2" for key, name in CONTRACTS.items()],
        )
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.09)
    figure.suptitle("What the public pays over 15 years, by contract and law")
    note = (
        f"{money(run)}, present value at 3 %; line P5 to P95, mark and number: mean; "
        "left of zero the firm pays; under the name the strike"
    )
    script.legend(figure, panels, note)
    return figure


def risks(run: xr.Dataset) -> Figure:
    """What a dear price takes from, or gives to, the firm and the public."""
    figure, panels = script.panels((10, 6.4), 2, len(PLANTS))
    cases = [(plant, what) for plant in PLANTS for what in ("carbon", "energy")]
    for axes, (plant, what) in zip(panels, cases, strict=True):
        names = ["", *CONTRACTS]
        for at, contract in enumerate(names):
            firm, paid = (one / 1e3 for one in swing(run, what, plant, contract))
            for lane, (value, colour, hatch, label) in enumerate((
                (firm, FIRM, "", "the firm's value"), (-paid, PUBLIC, "//", "the public's purse"),
            )):  # fmt: skip
                y = at + 0.36 * (lane - 0.5)
                axes.barh(y, value, height=0.32, color=colour, hatch=hatch, edgecolor="white",
                          linewidth=0, label=label if at == 0 else None)  # fmt: skip
                if contract or lane == 0:
                    axes.annotate(
                        f"{value:+.1f}", (max(value, 0), y), xytext=(4, 0), va="center",
                        textcoords="offset points", fontsize=8,
                    )  # fmt: skip
        axes.axvline(0, color="black", linewidth=0.8)
        dear = "carbon" if what == "carbon" else DEAR[plant]
        axes.set_title(f"{PLANTS[plant]}: dear {dear}", fontsize=10)
        axes.set_yticks(range(len(names)), ["no contract", *CONTRACTS.values()])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.14)
    figure.suptitle("Who bears a dear price")
    note = (
        f"{money(run)}, present value: mean in the dearest fifth of the draws less that in the "
        "cheapest; scales differ"
    )
    script.legend(figure, panels, note)
    return figure


def payments(run: xr.Dataset) -> Figure:
    """Payments of the two-sided and of the one-sided contract, by year."""
    figure, panels = script.panels((10, 4.2), len(PLANTS))
    styles = {"two_sided": ("#0072B2", "-"), "one_sided": ("#D55E00", "--")}
    for axes, (plant, title) in zip(panels, PLANTS.items(), strict=True):
        for contract, (colour, dash) in styles.items():
            one = run.sel(scenario="law", year=YEARS, **of(plant, contract))
            years = one["year"].values
            band = one["instrument_payment_quantile"].sel(quantile=[0.05, 0.95]).values
            axes.fill_between(years, *band.T, color=colour, alpha=0.18, linewidth=0)
            axes.plot(
                years, one["instrument_payment_mean"], dash, color=colour,
                label=f"{CONTRACTS[contract]}, mean",
            )  # fmt: skip
        axes.axhline(0, color="black", linewidth=0.8)
        for text, y, side in (("the public pays", 3, "bottom"), ("the firm repays", -3, "top")):
            axes.annotate(text, (0.98, 0), xycoords=("axes fraction", "data"), xytext=(0, y),
                          textcoords="offset points", ha="right", va=side, fontsize=8)  # fmt: skip
        axes.set_title(title)
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -0.1 * high), high)  # room for the words
    panels[0].set_ylabel(f"M {run.attrs['currency']}/yr (real, {run.attrs['price_year']})")
    figure.suptitle("Payments by year under the law")
    script.legend(figure, panels, "bands: P5 to P95; each panel has its own scale")
    return figure


# ---------------------------------------------------------------------------------------- table


def comparison(run: xr.Dataset) -> list[Row]:
    """What each contract costs the public, leaves to the firm, and takes from its risks."""
    rows = []
    for plant, title in PLANTS.items():
        for contract in ("", *CONTRACTS):
            label = CONTRACTS.get(contract, "no contract")

            def row(asked: str, found: str, label: str = label, title: str = title) -> None:
                rows.append(Row(title, label, asked, found))

            project = f"{plant}_{contract}" if contract else plant
            law = {"scenario": "law", "project": project}
            if contract:
                place = of(plant, contract)
                row("strike, EUR per t CO2", f"{strike(run, plant, contract):.0f}")
                values = [
                    f"{mean(run, 'instrument_npv', scenario=s, **place) / 1e3:.1f} / "
                    f"{quantile(run, 'instrument_npv', 0.95, scenario=s, **place) / 1e3:.1f}"
                    for s in SCENARIOS
                ]
                row(f"the public pays, {money(run)}, mean / P95; law, repealed, reform",
                    ", ".join(values))  # fmt: skip
                row(
                    "the firm has paid back, mean, law",
                    f"{mean(run, 'instrument_repaid', scenario='law', **place) / 1e3:.2f}",
                )
            lost = [
                100 * (1 - float(run["project_npv_positive"].sel(scenario=s, project=project)))
                for s in SCENARIOS
            ]
            row("the firm loses, % of the draws; law, repealed, reform",
                ", ".join(f"{one:.0f}" for one in lost))  # fmt: skip
            three = (quantile(run, "project_npv", q, **law) / 1e3 for q in (0.05, 0.5, 0.95))
            row("value to the firm, P5 / P50 / P95, law", " / ".join(f"{one:.1f}" for one in three))
            for what in ("carbon", "energy"):
                firm, paid = swing(run, what, plant, contract)
                dear = "carbon" if what == "carbon" else DEAR[plant]
                moved = (
                    f"{firm / 1e3:+.1f} / {-paid / 1e3:+.1f}" if contract else f"{firm / 1e3:+.1f}"
                )
                both = "the firm / the public" if contract else "the firm"
                row(f"dear less cheap {dear}: {both}", moved)
    return rows


def table(run: xr.Dataset) -> str:
    """The comparison as a Markdown table, headed by what identifies the run."""
    header = ("plant", "contract", "what", "found")
    return "\n".join([script.identity(run), "", *script.table(header, comparison(run))])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the PNG files and print the table."""
    script.main(__file__, __doc__, (public, risks, payments), table, arguments=arguments)


if __name__ == "__main__":
    main()
