"""What moves from year to year in NumPy: prices, policies, learning, hydrogen (MODEL 3, 4, 6)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import ndtr

from benchmarks.peers.numpy_inputs import Z90, Config, Sample, Values, normal, quantity, shocks
from simcore.units import UnitError, conversion, currency_of, deflate

# --- price paths ---------------------------------------------------------------------------------


def price(sample: Sample, name: str, path: Config, target: str) -> Values:
    """Price (year, draw) of a path over the horizon in EUR of the base year."""
    return sample.once(("price", name), path, lambda: _price(sample, name, path, target))


def _price(sample: Sample, name: str, path: Config, target: str) -> np.ndarray:
    horizon, process = sample.years, path["process"]
    factor = money_factor(sample, path, target)
    if process["kind"] == "scenario":
        dates = sorted(path["path"])
        return np.interp(horizon, dates, [path["path"][date] * factor(date) for date in dates]
                         )[:, None]
    known, spot = path["spot"]["year"], path["spot"]["value"] * factor(path["spot"]["year"])
    years = np.arange(known + 1, horizon[-1] + 1)
    anchors = path.get("anchors") or {}
    centre, above, below = anchor_lines(anchors, years, factor=factor, start=(known, spot))
    if anchors and path["after"] != "hold":
        centre = centre + np.maximum(0, years - max(anchors)) * math.log1p(path["after"]["grow"])
    mean = process["kind"] == "gbm" or path["centre"] == "mean"
    log_price: Values = centre[:, None]
    if mean:
        log_price = log_price - np.log(
            np.exp(above**2 / 2) * ndtr(above) + np.exp(below**2 / 2) * ndtr(-below)
        )[:, None]
    if anchors:
        z = normal(sample, f"{name}.anchor")
        log_price = log_price + np.where(z >= 0, z * above[:, None], z * below[:, None])
    else:
        drift = ("mu", process["mu"]) if process["kind"] == "gbm" else ("carry", path["carry"])
        rate = quantity(sample, drift[1], f"{name}.{drift[0]}")
        log_price = log_price + rate * (years - known)[:, None]
    if process["kind"] != "fixed":
        log_price = log_price + deviation(sample, name, process, years, mean=mean)
    event = path.get("tightening")
    if event and event["probability"] > 0:
        log_price = log_price + tightening(sample, name, event, years[:, None])
    values = np.exp(log_price)
    if path.get("corridor"):
        floor = bound(path["corridor"], "floor", years, factor, 0.0)
        ceiling = bound(path["corridor"], "ceiling", years, factor, np.inf)
        values = np.clip(values, floor[:, None], ceiling[:, None])
    inside = values[years >= horizon[0]]
    past = np.full((len(horizon) - len(inside), inside.shape[1]), spot)
    return np.concatenate([past, inside]) if len(past) else inside


def money_factor(sample: Sample, path: Config, target: str) -> Callable[[int], float]:
    """Factor from a path's unit, and its money of a year, to the model's."""
    money = sample.config["money"]
    unit = conversion(path["unit"], target, exchange=money["exchange"])
    index = money["deflator"].get(currency_of(path["unit"]) or "EUR")

    def factor(year: int) -> float:
        of = year if path["nominal"] else path.get("price_year")
        if of is None:
            return unit
        return unit * deflate(of, money["base_year"], index=index, inflation=money["inflation"])

    return factor


def anchor_lines(
    anchors: Config, years: np.ndarray, *, factor: Callable[[int], float] = lambda year: 1.0,
    start: tuple[int, float] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log centre, s+ and s- of an anchor table by year, linear between its dates."""
    points = {} if start is None else {start[0]: (math.log(start[1]), 0.0, 0.0)}
    for date, one in sorted(anchors.items()):
        points[date] = (math.log(one["central"] * factor(date)),
                        math.log(one["high"] / one["central"]) / Z90,
                        math.log(one["central"] / one["low"]) / Z90)
    lines = np.array(list(points.values()))
    centre, above, below = (np.interp(years, list(points), lines[:, i]) for i in range(3))
    return centre, above, below


def deviation(
    sample: Sample, name: str, process: Config, years: np.ndarray, *, mean: bool
) -> np.ndarray:
    """X (year, draw): exact yearly steps; less half its variance where means are centred."""
    sigma = quantity(sample, process["sigma"], f"{name}.sigma")
    kappa: Values = 0.0
    if process["kind"] == "log_ou":
        kappa = quantity(sample, process["kappa"], f"{name}.kappa")

    def variance(span: Values) -> Values:
        """Variance of X after `span` years."""
        with np.errstate(invalid="ignore", divide="ignore"):
            reverting = -np.expm1(-2.0 * kappa * span) / (2.0 * np.asarray(kappa))
        return sigma**2 * np.where(np.asarray(kappa) == 0.0, span, reverting)

    decay, spread = np.exp(-kappa), np.sqrt(variance(1.0))
    noise = shocks(sample, name, years)
    x = np.empty_like(noise)
    last: Values = 0.0
    for t in range(len(years)):
        x[t] = last * decay + spread * noise[t]
        last = x[t]
    if mean:
        x -= 0.5 * variance((years - years[0] + 1.0)[:, None])
    return x


def tightening(sample: Sample, name: str, event: Config, years: np.ndarray) -> np.ndarray:
    """J (year, draw): what the event adds to the log price."""
    happens = {"kind": "bernoulli", "probability": event["probability"]}
    occurs = quantity(sample, happens, f"{name}.tightening.occurs")
    start = quantity(sample, event["year"], f"{name}.tightening.year", "yr")
    strength = quantity(sample, event["strength"], f"{name}.tightening.strength")
    if event["ramp"] <= 0:
        return occurs * strength * (years >= start)
    return occurs * strength * np.clip((years - start) / event["ramp"], 0.0, 1.0)


def bound(
    corridor: Config, side: str, years: np.ndarray, factor: Callable[[int], float], none: float
) -> np.ndarray:
    """Floor or ceiling (year,): values hold until the next date, the last one grows."""
    table = corridor[side]
    values = np.full(len(years), none)
    for date in sorted(table):
        values[years >= date] = table[date] * factor(date)
    if table:
        values *= (1.0 + corridor["growth"]) ** np.maximum(0, years - max(table))
    return values


# --- policies and learning -----------------------------------------------------------------------


def policy(sample: Sample, value: float | str) -> Values:
    """A policy value: a float, or its timeline (year, 1) or (year, draw)."""
    if not isinstance(value, str):
        return float(value)
    record = sample.catalog["policies"][value]
    return sample.once(("policy", value), record, lambda: _timeline(sample, value, record))


def _timeline(sample: Sample, name: str, record: Config) -> np.ndarray:
    years = sample.years
    variant, names = record["variant"], [record["variant"]]
    chosen: Values = 0.0
    if not isinstance(variant, str):
        names = variant["values"]
        numbered = {**variant, "values": list(range(len(names)))}
        chosen = quantity(sample, numbered, f"{name}.variant")
    delay = quantity(sample, record["delay"], f"{name}.delay", "yr")
    value: Values = None
    for number, one in enumerate(names):
        for late in np.unique(delay):
            asked = np.where(years > record["known_until"], years - late, years)
            line = _dated(sample, f"{name}.{one}", record, record["variants"][one], asked)
            here = (chosen == number) & (delay == late)
            value = line if value is None else np.where(here, line, value)
    return value


def _dated(
    sample: Sample, name: str, record: Config, table: Config, years: np.ndarray
) -> np.ndarray:
    """Values (year, 1) or (year, draw) of a dated table in some years."""
    dates = sorted(table["values"])
    lines = []
    for year in years:
        date = max(one for one in dates if one <= year)
        written = table["values"][date]
        unit = (written.get("unit") if isinstance(written, Mapping) else None) or table.get(
            "unit") or record.get("unit") or "1"
        plain = {**written, "unit": None} if isinstance(written, Mapping) else written
        value = quantity(sample, plain, f"{name}.{date}") * _policy_factor(sample, unit)
        if date == dates[-1]:
            value = value * (1.0 - table["decline"]) ** (year - date)
        lines.append(0.0 if table.get("end") is not None and year > table["end"] else value)
    width = max(np.size(line) for line in lines)
    return np.stack([np.broadcast_to(line, (width,)) for line in lines])


def _policy_factor(sample: Sample, unit: str) -> float:
    currency = currency_of(unit)
    target = "1" if unit == "%" else unit.replace(currency, "EUR") if currency else unit
    return conversion(unit, target, exchange=sample.config["money"]["exchange"])


def learning(sample: Sample, learns: Config | None, owner: str) -> Values:
    """Multiplier (year, draw) of a capital cost."""
    if learns is None:
        return 1.0
    share = quantity(sample, learns["share"], f"{owner}.learning_share")
    fall = progress(sample, learns["technology"])
    return sample.once(("learning", owner), learns, lambda: 1.0 - share + share * fall)


def progress(sample: Sample, technology: str) -> np.ndarray:
    """(Q[t]/Q[0])^log2(1 - LR) (year, draw) of a technology, on one global curve."""
    record = sample.catalog["technologies"][technology]

    def compute() -> np.ndarray:
        rate = quantity(sample, record["learning_rate"], f"{technology}.learning_rate")
        z = normal(sample, f"{technology}.capacity")
        table = record["cumulative_capacity"]
        centre, above, below = anchor_lines(table, sample.years)
        log_ratio = (centre - math.log(table[min(table)]["central"]))[:, None]
        log_ratio = log_ratio + np.where(z >= 0, z * above[:, None], z * below[:, None])
        return np.exp(np.log2(1.0 - rate) * log_ratio)

    return sample.once(("progress", technology), record, compute)


# --- prices of commodities -----------------------------------------------------------------------


def entry_of(sample: Sample, commodity: str, region: str) -> tuple[str, Config]:
    """Name and record of a commodity's price in a region: its own, else the default."""
    entries = sample.catalog["prices"][commodity]
    place = region if region in entries else "default"
    return f"{commodity}.{place}", entries[place]


def unit_of(sample: Sample, commodity: str, region: str) -> str:
    """The model's unit of a commodity: kg of hydrogen, MWh of energy, t of anything else."""
    if commodity == "hydrogen":
        return "kg"
    try:
        conversion(entry_of(sample, commodity, region)[1]["unit"], "EUR/MWh",
                   exchange=sample.config["money"]["exchange"])
    except UnitError:
        return "t"
    return "MWh"


def commodity_price(sample: Sample, commodity: str, region: str) -> Values:
    """Price (year, draw) of a commodity at a plant in a region."""
    name, entry = entry_of(sample, commodity, region)
    if entry["kind"] == "path":
        return price(sample, name, entry, f"EUR/{unit_of(sample, commodity, region)}")
    if entry["kind"] == "indexed":
        return _indexed(sample, name, entry, f"EUR/{unit_of(sample, commodity, region)}")
    return sample.once(("electrolysis", name, region), (entry, sample.catalog["regions"][region]),
                       lambda: _electrolysis(sample, name, entry, region))


def _indexed(sample: Sample, name: str, entry: Config, target: str) -> Values:
    """A coefficient times the path that is followed, and a premium."""
    followed, place = entry["index"].split(".")
    premium = entry["premium"]
    if not isinstance(premium, dict):
        premium = {"kind": "constant", "value": premium}
    if premium.get("unit") is None:
        premium = {**premium, "unit": entry["unit"],
                   "price_year": premium.get("price_year") or entry.get("price_year")}
    return (quantity(sample, entry["coefficient"], f"{name}.coefficient", "1")
            * commodity_price(sample, followed, place)
            + quantity(sample, premium, f"{name}.premium", target))


def _electrolysis(sample: Sample, name: str, entry: Config, region: str) -> np.ndarray:
    """EUR per kg of hydrogen made from power at the plant."""
    def part(key: str, unit: str = "1") -> Values:
        return quantity(sample, entry[key], f"{name}.{key}", unit)

    rate = wacc(sample, region) + part("risk_premium")
    stacks = part("stack_share") * np.maximum(
        0.0, 1.0 / part("stack_lifetime", "yr") - 1.0 / entry["lifetime"])
    share = capital_recovery(rate, entry["lifetime"]) + part("fixed_opex") + stacks
    demand = part("electricity_demand", "kWh/kg")
    capital = part("capex", "EUR/kW") * share / part("full_load_hours", "h/yr") * demand
    power = commodity_price(sample, entry["electricity"], region)
    return (capital * learning(sample, entry.get("learning"), name)
            + power * (demand / 1000.0) + part("storage", "EUR/kg"))


def emission_factor(sample: Sample, commodity: str, region: str) -> Values:
    """t CO2e per unit of a commodity bought (scope 2): a float, (year, 1) or (year, draw)."""
    name, entry = entry_of(sample, commodity, region)
    if entry["kind"] == "electrolysis":
        demand = quantity(sample, entry["electricity_demand"], f"{name}.electricity_demand",
                          "kWh/kg")
        return demand / 1000.0 * emission_factor(sample, entry["electricity"], region)
    table = entry["emission_intensity"]
    if not table:
        return 0.0
    own = entry["unit"].replace(currency_of(entry["unit"]) or "EUR", "EUR")
    scale = conversion(own, f"EUR/{unit_of(sample, commodity, region)}",
                       exchange=sample.config["money"]["exchange"])
    return scale * np.interp(sample.years, sorted(table), [table[y] for y in sorted(table)]
                             )[:, None]


def wacc(sample: Sample, region: str) -> Values:
    """Weighted average cost of capital of a region."""
    return quantity(sample, sample.catalog["regions"][region]["wacc"], f"{region}.wacc")


def capital_recovery(rate: Values, life: float) -> Values:
    """w(1+w)^n/((1+w)^n - 1), and 1/n at w = 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = rate / -np.expm1(-life * np.log1p(rate))
    return np.where(np.abs(rate) < 1e-12, 1.0 / life, plain)
