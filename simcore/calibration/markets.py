"""Find the market that a back-test is asked for: in the packaged tables or in a config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simcore import intake
from simcore.errors import ConfigError, Fault, suggest
from simcore.intake import Spec, document, packaged
from simcore.intake.paths import PricePath


def find(
    text: str, *, name: str | None = None, view: str | None = None
) -> tuple[Spec, str, PricePath]:
    """Read a market: a packaged one, or of a config.

    Parameters
    ----------
    text : str
        The name of a packaged market, or a config that has one under `catalog.markets`.
    name : str, optional
        Which market of the config; needed when it states several.
    view : str, optional
        One of the market's views instead of all of them.

    Raises
    ------
    ConfigError
        Unknown name or view, unusable config, or a config without or with several markets.
    """
    spec, chosen, market = _find(text, name)
    if view is None:
        return spec, chosen, market
    views = list(getattr(market, "views", None) or {})
    if view not in views:
        near = suggest(view, views)
        raise ConfigError(Fault(
            "--view", f"{chosen} has no view {view!r}", ", ".join(views) or "a market with views",
            f"did you mean {near}?" if near else "choose one of them" if views else "drop --view",
        ))  # fmt: skip
    return spec, chosen, market.model_copy(update={"view": view})


def _find(text: str, name: str | None) -> tuple[Spec, str, PricePath]:
    shipped = list(packaged.catalog()["markets"])
    if text in shipped:
        return _loaded({"name": "backtest"}, text)
    if not Path(text).suffix and not Path(text).exists():
        near = suggest(text, shipped)
        raise ConfigError(Fault(
            "--market", f"no market {text!r}", f"{', '.join(shipped)}, or a config file",
            f"did you mean {near}?" if near else "choose one of them",
        ))  # fmt: skip
    own = document.read(text).data.get("catalog")
    stated = own.get("markets") if isinstance(own, Mapping) else None
    known = [str(key) for key in stated] if isinstance(stated, Mapping) else []
    if name is None and len(known) != 1:
        raise ConfigError(Fault(
            "catalog.markets", f"{len(known)} markets: {', '.join(known) or 'none'}",
            "one market, or --name", "add --name NAME", text,
        ))  # fmt: skip
    chosen = name or known[0]
    if chosen not in [*known, *shipped]:
        raise ConfigError(Fault(
            "--name", f"no market {chosen!r}", ", ".join([*known, *shipped]), "choose one", text,
        ))  # fmt: skip
    return _loaded(text, chosen)


def _loaded(source: str | dict[str, Any], name: str) -> tuple[Spec, str, PricePath]:
    """Load a config with an exposure to the market, without which an unused one is dropped."""
    years = intake.load(source).experiment.years
    exposure = (
        f"exposures.backtest={{market: {name}, shortfall: 1, first: {years.last}, "
        f"last: {years.last}}}"
    )
    loaded = intake.load(source, overrides=[exposure])
    return loaded, name, loaded.experiment.catalog.markets[name]
