"""Numbers of a run by the labels of their place, read from its stored summaries."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.headline import OpenedRun, telling_years
from simcore.analysis.names import titles
from simcore.analysis.notation import said_unit
from simcore.analysis.sectors import product_told, references_of, sectors_of
from simcore.analysis.select import choose
from simcore.dataset import RunError
from simcore.errors import Fault, printable

if TYPE_CHECKING:
    import xarray as xr


_PER_CO2: Final = (
    "carbon_price", "abatement_cost", "break_even_price", "break_even_strike", "instrument_strike",
    "instrument_reference", "public_cost_per_tco2", "buyer_cost_per_tco2", "carbon_value_per_tco2",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What the board is about: one tonne, made by one route in one region, sold in one year.

    `against` is what its buyer compares with; empty where the run does not ask that.
    """

    scenario: str
    sector: str
    region: str
    destination: str
    route: str
    year: int
    against: str = ""

    def at(self, dims: Sequence[str]) -> dict[str, Any]:
        """Its labels along some dimensions."""
        return {dim: getattr(self, dim) for dim in dims if hasattr(self, dim)}


class Reading:
    """A run, for those who show it.

    Parameters
    ----------
    dataset : xarray.Dataset
        An opened run; all is read from its summaries, never from its draws.
    years : sequence of int
        Of tables; without them telling ones.
    routes : sequence of str
        Those shown; without them all.

    Raises
    ------
    RunError
        A year or route that the run does not have.
    """

    def __init__(
        self, dataset: xr.Dataset, *, years: Sequence[int] = (), routes: Sequence[str] = ()
    ) -> None:  # fmt: skip
        choose(dataset, {"year": years or None, "route": routes or None})
        self._years, self._routes = tuple(years), tuple(routes)
        self.run = OpenedRun(dataset)
        self.dataset = dataset
        self.attrs: Mapping[str, Any] = dataset.attrs
        self._arrays: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
        self._places: dict[str, dict[Any, int]] = {}
        self._titles: dict[str, dict[str, str]] = {}

    def __contains__(self, array: object) -> bool:
        return array in self.dataset

    def labels(self, dim: str) -> list[Any]:
        """Labels along a dimension; none where the run has no such dimension."""
        return self.run.labels(dim) if dim in self.dataset.coords else []

    def title(self, dim: str, label: Any) -> str:
        """What people call a label; itself where the run does not say."""
        if dim not in self._titles:
            self._titles[dim] = titles(self.dataset, dim)
        found = self._titles[dim].get(str(label))
        return printable(
            str(label) if found is None and dim != "route" else found or self._listed(str(label))
        )

    def called(self, dim: str, label: str, told: Mapping[str, Any]) -> str:
        """Title of a label; in a run that holds none, what its config says of it."""
        own = self.title(dim, label)
        return printable(str(told.get("title") or label)) if own == label else own

    def _listed(self, route: str) -> str:
        """What the config calls a route that is not shown, such as a reference."""
        entry = ((self.config.get("catalog") or {}).get("routes") or {}).get(route) or {}
        return str(entry.get("title") or route)

    def unit(self, outcome: str) -> str:
        """Unit of an outcome as people write it, CO2 told apart from product."""
        held = (one for one in (f"{outcome}_mean", f"{outcome}_central") if one in self)
        unit = said_unit(self.run.unit(next(held, outcome)))
        return f"{unit} CO₂" if outcome in _PER_CO2 and unit.endswith("/t") else unit

    def value(self, array: str, at: Mapping[str, Any]) -> float:
        """One number of an array; NaN where the run does not hold it."""
        found = self.values(array, at)
        return float(found) if found.ndim == 0 else math.nan

    def values(self, array: str, at: Mapping[str, Any]) -> np.ndarray:
        """Numbers of an array at a place, over the dimensions that it leaves open.

        Labels of dimensions that the array has not are passed over; a NaN where the run does not
        hold the array, or has no such label.
        """
        if array not in self:
            return np.array(math.nan)
        if array not in self._arrays:
            cells = self.run.cells(array)
            self._arrays[array] = cells.dims, cells.values
        dims, values = self._arrays[array]
        index = tuple(self._place(dim, at[dim]) if dim in at else slice(None) for dim in dims)
        if None in index:
            return np.array(math.nan)
        return np.asarray(values[index], dtype=np.float64)

    def _place(self, dim: str, label: Any) -> int | None:
        if dim not in self._places:
            self._places[dim] = {one: place for place, one in enumerate(self.labels(dim))}
            if dim == "quantile":
                self._places[dim] = {round(one, 6): at for one, at in self._places[dim].items()}
        return self._places[dim].get(label)

    def quantiles(
        self, outcome: str, at: Mapping[str, Any], probabilities: Sequence[float]
    ) -> tuple[float, ...]:
        """Stored quantiles of an outcome at a place."""
        return tuple(
            self.value(f"{outcome}_quantile", {**at, "quantile": one}) for one in probabilities
        )

    def held(self, *outcomes: str, statistic: str = "quantile") -> str | None:
        """The first of some outcomes that the run summarises."""
        return next((one for one in outcomes if f"{one}_{statistic}" in self), None)

    @cached_property
    def sectors(self) -> list[str]:
        """Sectors of its routes; of a run that does not say them it has one."""
        return [one.sector for one in sectors_of(self.run)] or self.labels("sector")[:1] or [""]

    def product(self, sector: str) -> str:
        """What a tonne of a sector is a tonne of."""
        made = {one.sector: one.product for one in sectors_of(self.run)}
        return made.get(sector) or product_told(self.run, []) or "product"

    def reference(self, place: Place) -> str | None:
        """The route that those of a sector are compared with in a region."""
        known = references_of(self.attrs).get(place.scenario, {})
        # A run of one sector may leave out which; so does an older one.
        alone = next(iter(known.values())) if len(known) == 1 else {}
        return known.get(place.sector, alone).get(place.region)

    def routes(self, sector: str) -> list[str]:
        """Routes that make the product of a sector, of those shown."""
        made = {one.sector: list(one.routes) for one in sectors_of(self.run)}
        every = made.get(sector) or self.labels("route")
        return [one for one in every if not self._routes or one in self._routes]

    @property
    def asks_years(self) -> bool:
        """Whether the years of tables were asked for."""
        return bool(self._years)

    @property
    def years(self) -> list[int]:
        """Years of tables."""
        return sorted(self._years) or telling_years(self.labels("year"))

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config of the run as plain data; empty where it cannot be read."""
        import yaml

        # What a run says of itself is read as data: no tag can make anything else of it.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            found = yaml.load(str(self.attrs.get("config", "")), Loader=loader)
        except yaml.YAMLError:
            return {}
        return found if isinstance(found, dict) else {}

    def compared(self, place: Place) -> list[str]:
        """Routes with a premium in a region and scenario, in some year."""
        outcome = self.held("cost_premium_ex_carbon", "cost_premium", "carbon_value", "support_gap",
                            "buyer_premium")  # fmt: skip
        if outcome is None:
            return []
        at = {**place.at(("scenario", "region", "destination")), "quantile": 0.5}
        if outcome == "buyer_premium":
            at["against"] = place.against
        # Elsewhere than at the buyer's the reference of a region has a premium over his.
        reference = self.reference(place)
        return [
            route for route in self.routes(place.sector)
            if route != reference
            and np.isfinite(self.values(f"{outcome}_quantile", {**at, "route": route})).any()
        ]  # fmt: skip

    def bought(self, place: Place) -> list[str]:
        """What buyers compare tonnes of a sector with; nothing where the run does not tell it."""
        if not self.held("buyer_premium"):
            return []
        at = {"scenario": place.scenario, "quantile": 0.5}
        return [
            against for against in map(str, self.labels("against"))
            if any(np.isfinite(self.values("buyer_premium_quantile",
                                           {**at, "against": against, "route": route})).any()
                   for route in self.routes(place.sector))
        ]  # fmt: skip

    def markets(self, place: Place) -> list[str]:
        """Markets of the run that a tonne meets, by its config: at home, and at the border."""
        catalog, border = self.config.get("catalog") or {}, self.config.get("cbam") or {}
        home = ((catalog.get("regions") or {}).get(place.region) or {}).get("market")
        met = [home, *([border.get("market")] if place.destination == "eu" else [])]
        known = [str(one) for one in self.labels("market")]
        return [one for one in dict.fromkeys(met) if one in known] or known[:1]

    def projects(self) -> dict[str, dict[str, Any]]:
        """By scenario and name, what the config says of each project."""
        found: dict[str, dict[str, Any]] = json.loads(self.attrs.get("projects", "{}"))
        return found

    def money(self) -> str:
        """In what all amounts are told."""
        return f"real {self.attrs['currency']} of {self.attrs['price_year']}"


def place_of(reading: Reading, asked: Mapping[str, Sequence[str]] | None = None) -> Place:
    """The place of the board: what is asked, and for the rest the first label of the run.

    Of routes the one whose avoided CO2 is worth the most, in the second of the telling years.

    Raises
    ------
    RunError
        A label that the run does not have.
    """
    asked = dict(asked or {})
    unknown = [one for one in asked if one not in Place.__dataclass_fields__]
    if unknown:
        raise RunError(Fault(
            "at", ", ".join(unknown), f"some of {', '.join(Place.__dataclass_fields__)}",
            "name labels of these dimensions: --at region=EU,route=h2_dri_eaf",
        ))  # fmt: skip
    years = reading.labels("year")
    wanted: dict[str, list[Any]] = {dim: list(names) for dim, names in asked.items() if names}
    if "year" in wanted:
        wanted["year"] = [_year(one) for one in wanted["year"]]
    choose(reading.dataset, {dim: one[:1] for dim, one in wanted.items()})
    telling = telling_years(years)

    def first(dim: str) -> Any:
        return wanted[dim][0] if dim in wanted else next(iter(reading.labels(dim)), "")

    year = wanted["year"][0] if "year" in wanted else telling[min(1, len(telling) - 1)]
    sector = str(wanted["sector"][0]) if "sector" in wanted else reading.sectors[0]
    if "route" in wanted and "sector" not in wanted:
        of = [one for one in reading.sectors if wanted["route"][0] in reading.routes(one)]
        sector = of[0] if of else sector
    _require_of_sector(reading, sector, str(next(iter(wanted.get("route", ())), "")))
    place = Place(first("scenario"), sector, first("region"), first("destination"), "", year)
    bought = reading.bought(place)
    against = str(wanted["against"][0]) if "against" in wanted else next(iter(bought), "")
    place = replace(place, against=against if against in bought else "")
    route = wanted["route"][0] if "route" in wanted else _cleanest(reading, place)
    return replace(place, route=route)


def _require_of_sector(reading: Reading, sector: str, route: str) -> None:
    """Refuse a route that makes the product of another sector."""
    own = {one.sector: one.routes for one in sectors_of(reading.run)}
    other = next((name for name, routes in own.items() if route in routes), sector)
    if other != sector:
        raise RunError(Fault(
            "at", f"route={route} with sector={sector}", f"a route of {sector}",
            f"leave out sector={sector}, or write sector={other}",
        ))  # fmt: skip


def _year(text: Any) -> int:
    try:
        return int(text)
    except ValueError:
        raise RunError(Fault("at", f"year={text}", "a year", "such as year=2030")) from None


def _cleanest(reading: Reading, place: Place) -> str:
    """The route whose avoided CO2 is worth the most, or the first with a premium."""
    known = reading.compared(place)
    outcome = reading.held("carbon_value")
    at = {**place.at(("scenario", "region", "destination", "year")), "quantile": 0.5}

    def worth(route: str) -> float:
        value = reading.value(f"{outcome}_quantile", {**at, "route": route}) if outcome else 0.0
        return value if math.isfinite(value) else -math.inf

    if known:
        return max(known, key=worth)
    routes = reading.routes(place.sector)
    return str(routes[0]) if routes else ""
