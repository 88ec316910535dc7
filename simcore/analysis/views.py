"""What a run says of a carbon price: of all draws, of each view, and beside the futures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class PriceOfView:
    """One view of a market in one year.

    Attributes
    ----------
    name : str
        The view, without its market.
    weight : float
        Share of the draws.
    quantiles : tuple of float
        P5, P50, P95.
    """

    name: str
    weight: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class MarketPrice:
    """A carbon price in one scenario and year, in the money of the run.

    Attributes
    ----------
    market, scenario : str
    year : int
    quantiles : tuple of float
        P5, P50, P95.
    views : tuple of PriceOfView
        Empty where the market has fewer than two.
    futures : float
        What futures for the end of the year cost; NaN where none is known.
    at_limit : float
        Share of the draws at a hard bound; NaN where the run does not hold it.
    """

    market: str
    scenario: str
    year: int
    quantiles: tuple[float, ...]
    views: tuple[PriceOfView, ...]
    futures: float
    at_limit: float


def market_prices(run: Run) -> list[MarketPrice]:
    """Every market of a run by scenario and year; none without `carbon_price`."""
    if "carbon_price_quantile" not in run:
        return []
    whole = run.quantiles("carbon_price", QUANTILES)["value"].values
    by_view = shares = labels = None
    if "carbon_price_by_view_quantile" in run:
        by_view = run.quantiles("carbon_price_by_view", QUANTILES)["value"].values
        shares = run.cells("carbon_price_by_view_defined").values
        labels = [str(label) for label in run.labels("view")]

    def optional(name: str) -> Any:
        return run.cells(name).values if name in run else np.full(whole.shape[:3], np.nan)

    futures, limits = optional("futures_price_central"), optional("at_price_limit_mean")
    found = []
    for s, scenario in enumerate(run.labels("scenario")):
        for y, year in enumerate(run.labels("year")):
            for m, market in enumerate(run.labels("market")):
                views = []
                if by_view is not None and shares is not None and labels is not None:
                    views = [
                        PriceOfView(
                            label.rpartition(".")[2], float(shares[s, m, v, y]),
                            tuple(by_view[s, m, v, y].tolist()),
                        )
                        for v, label in enumerate(labels) if shares[s, m, v, y] > 0
                    ]  # fmt: skip
                # A price that is known has no views.
                is_known = whole[s, m, y, 0] == whole[s, m, y, -1]
                found.append(MarketPrice(
                    str(market), str(scenario), int(year), tuple(whole[s, m, y].tolist()),
                    tuple(views) if len(views) > 1 and not is_known else (),
                    float(futures[s, m, y]), float(limits[s, m, y]),
                ))  # fmt: skip
    return found


def deciding_markets(run: Run) -> dict[str, int]:
    """Markets by the number of cells whose probability their views split, the most first."""
    if "viability_by_view_mean" not in run:
        return {}
    cells = run.cells("viability_by_view_mean")
    axis = cells.dims.index("view")
    others = tuple(place for place in range(cells.values.ndim) if place != axis)
    counts = np.sum(~np.isnan(cells.values), axis=others)
    found: dict[str, int] = {}
    for label, count in zip(run.labels("view"), counts, strict=True):
        if count:
            market = str(label).partition(".")[0]
            found[market] = max(found.get(market, 0), int(count))
    return dict(sorted(found.items(), key=lambda item: -item[1]))
