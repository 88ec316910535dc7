"""What a config may say about one uncertain number: the distributions, chosen by `kind`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

_NUMBER_WITH_UNIT: Final = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s+(\S.*?)\s*$")


class Model(BaseModel):
    """A frozen record that refuses unknown keys and non-finite numbers."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def fault(message: str, expected: str) -> PydanticCustomError:
    """A validation error that carries what was expected, for the fault report."""
    return PydanticCustomError("simcore", "{message}", {"message": message, "expected": expected})


class Sourced(Model):
    """Metadata that any value may carry."""

    unit: str | None = None
    """Unit of the numbers; without it they are in the canonical unit of the field."""
    price_year: int | None = Field(default=None, ge=1950, le=2100)
    """Price year of an amount of money; without it the base year."""
    source: str | None = None
    """Key of the source in `simcore catalog sources`, or free text."""
    at: str | None = None
    """Place in the source: article, page, row."""
    status: str | None = None
    """in_force, adopted, proposed, seen, assumed ..."""
    note: str | None = None


class _Distribution(Sourced):
    @model_serializer(mode="wrap")
    def _compact(self, handler: Any) -> Any:
        return {key: value for key, value in handler(self).items() if value is not None}


def _increasing(name: str, *values: tuple[str, float | None]) -> None:
    given = [(key, value) for key, value in values if value is not None]
    for (key, value), (next_key, next_value) in zip(given, given[1:], strict=False):
        if value > next_value:
            raise fault(
                f"{key} = {value:g} above {next_key} = {next_value:g}",
                f"{key} <= {next_key} in a {name} distribution",
            )


class Constant(_Distribution):
    """A number that is not uncertain."""

    kind: Literal["constant"] = "constant"
    value: float

    @model_serializer(mode="wrap")
    def _compact(self, handler: Any) -> Any:
        content = {key: value for key, value in handler(self).items() if value is not None}
        return self.value if set(content) == {"kind", "value"} else content


class _Fitted(_Distribution):
    quantiles: dict[float, float] | None = None
    """Probability -> value, two or three of them, instead of the parameters."""

    _parameters: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _either(self) -> _Fitted:
        fields = type(self)._parameters.default  # type: ignore[attr-defined]
        missing = [key for key in fields if getattr(self, key) is None]
        if self.quantiles is None and missing:
            raise fault(
                f"no {' and no '.join(missing)}",
                f"{', '.join(fields)} (or `quantiles` with two or three probabilities)",
            )
        if self.quantiles is not None:
            if len(missing) < len(fields):
                raise fault("parameters and quantiles together", "one of the two")
            if not 2 <= len(self.quantiles) <= 3 or not all(0 < p < 1 for p in self.quantiles):
                raise fault(
                    f"quantiles at {sorted(self.quantiles)}", "two or three probabilities in (0, 1)"
                )
            ordered = [self.quantiles[p] for p in sorted(self.quantiles)]
            if ordered != sorted(ordered):
                raise fault(f"quantiles {ordered}", "values that rise with the probability")
        self._check()
        return self

    def _check(self) -> None:
        """Checks of one kind; overridden by data, not behaviour, of each kind."""


class Uniform(_Fitted):
    """Equally likely between two bounds."""

    kind: Literal["uniform"]
    low: float | None = None
    high: float | None = None
    _parameters: tuple[str, ...] = ("low", "high")

    def _check(self) -> None:
        _increasing("uniform", ("low", self.low), ("high", self.high))


class Triangular(_Fitted):
    """Bounds and a most likely value; its mean is (low + mode + high)/3."""

    kind: Literal["triangular"]
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    _parameters: tuple[str, ...] = ("low", "mode", "high")

    def _check(self) -> None:
        _increasing("triangular", ("low", self.low), ("mode", self.mode), ("high", self.high))


class Pert(_Fitted):
    """Beta between two bounds with a most likely value (mean (low + shape*mode + high)/(shape+2))."""

    kind: Literal["pert"]
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    shape: float = Field(default=4.0, gt=0)
    _parameters: tuple[str, ...] = ("low", "mode", "high")

    def _check(self) -> None:
        _increasing("pert", ("low", self.low), ("mode", self.mode), ("high", self.high))


class Normal(_Fitted):
    """Normal with mean and standard deviation."""

    kind: Literal["normal"]
    mean: float | None = None
    sd: float | None = Field(default=None, ge=0)
    _parameters: tuple[str, ...] = ("mean", "sd")


class TruncatedNormal(_Fitted):
    """Normal restricted to [low, high]; mean and sd are those before truncation."""

    kind: Literal["truncated_normal"]
    mean: float | None = None
    sd: float | None = Field(default=None, gt=0)
    low: float
    high: float
    _parameters: tuple[str, ...] = ("mean", "sd")

    def _check(self) -> None:
        _increasing("truncated_normal", ("low", self.low), ("high", self.high))


class Lognormal(_Fitted):
    """exp of a normal with mean `mu` and standard deviation `sigma`."""

    kind: Literal["lognormal"]
    mu: float | None = None
    sigma: float | None = Field(default=None, ge=0)
    _parameters: tuple[str, ...] = ("mu", "sigma")


class SplitLognormal(_Fitted):
    """Lognormal halves that meet in the median: P10, P50 and P90 are exact."""

    kind: Literal["split_lognormal"]
    p10: float | None = Field(default=None, gt=0)
    p50: float | None = Field(default=None, gt=0)
    p90: float | None = Field(default=None, gt=0)
    _parameters: tuple[str, ...] = ("p10", "p50", "p90")

    def _check(self) -> None:
        _increasing("split_lognormal", ("p10", self.p10), ("p50", self.p50), ("p90", self.p90))


class Beta(_Fitted):
    """Beta(alpha, beta) stretched to [low, high]."""

    kind: Literal["beta"]
    alpha: float | None = Field(default=None, gt=0)
    beta: float | None = Field(default=None, gt=0)
    low: float = 0.0
    high: float = 1.0
    _parameters: tuple[str, ...] = ("alpha", "beta")

    def _check(self) -> None:
        _increasing("beta", ("low", self.low), ("high", self.high))


def _check_probabilities(probabilities: list[float], count: int) -> None:
    if len(probabilities) != count:
        raise fault(f"{len(probabilities)} probabilities for {count} values", "one for each value")
    if any(p < 0 for p in probabilities) or not math.isclose(sum(probabilities), 1, abs_tol=1e-9):
        raise fault(
            f"probabilities {probabilities} (sum {sum(probabilities):g})",
            "probabilities >= 0 that sum to 1",
        )


class Discrete(_Distribution):
    """Listed values with probabilities."""

    kind: Literal["discrete"]
    values: list[float] = Field(min_length=1, max_length=1000)
    probabilities: list[float]

    @model_validator(mode="after")
    def _valid(self) -> Discrete:
        _check_probabilities(self.probabilities, len(self.values))
        return self


class Bernoulli(_Distribution):
    """1 with a probability, else 0."""

    kind: Literal["bernoulli"]
    probability: float = Field(ge=0, le=1)


class Empirical(_Distribution):
    """Observed values, resampled with linear interpolation between them."""

    kind: Literal["empirical"]
    values: list[float] | None = Field(default=None, min_length=1, max_length=100_000)
    csv: str | None = None
    """A CSV file in the folder of the config."""
    column: str | None = None

    @model_validator(mode="after")
    def _either(self) -> Empirical:
        if (self.values is None) == (self.csv is None) or (self.csv is None) != (
            self.column is None
        ):
            raise fault("neither or both of values and csv", "`values`, or `csv` with `column`")
        return self


class FactorReference(_Distribution):
    """The value of a named factor under `factors`."""

    kind: Literal["factor"]
    name: str


def _as_distribution(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return {"kind": "constant", "value": value}
    if isinstance(value, str):
        match = _NUMBER_WITH_UNIT.match(value)
        if match is None:
            raise fault(
                f"the text {value!r}", "a number, a number with a unit, or a mapping with `kind`"
            )
        return {"kind": "constant", "value": float(match[1]), "unit": match[2]}
    if isinstance(value, dict) and "kind" not in value and "value" in value:
        return {"kind": "constant", **value}
    return value


class _AlsoNumberOrText:
    """Lets the JSON schema accept the short forms of a quantity."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        return {"anyOf": [{"type": "number"}, {"type": "string"}, handler(core_schema)]}


class Mixture(_Distribution):
    """One of several distributions, chosen with the weights."""

    kind: Literal["mixture"]
    components: list[Quantity] = Field(min_length=1, max_length=20)
    weights: list[float]

    @model_validator(mode="after")
    def _valid(self) -> Mixture:
        _check_probabilities(self.weights, len(self.components))
        return self


Distribution = Annotated[
    Constant
    | Uniform
    | Triangular
    | Pert
    | Normal
    | TruncatedNormal
    | Lognormal
    | SplitLognormal
    | Beta
    | Discrete
    | Bernoulli
    | Empirical
    | FactorReference
    | Mixture,
    Field(discriminator="kind"),
]
Quantity = Annotated[Distribution, BeforeValidator(_as_distribution), _AlsoNumberOrText()]
Mixture.model_rebuild()


def _by_region(value: Any) -> Any:
    if isinstance(value, dict) and not {"kind", "value"} & set(value):
        return value
    return {"default": value}


RegionQuantity = Annotated[
    dict[str, Quantity], BeforeValidator(_by_region), Field(min_length=1), _AlsoNumberOrText()
]
"""One quantity for all regions, or a mapping of region (or `default`) to a quantity."""


def lowest(quantity: Any) -> float:
    """Lower end of the support of a quantity, as far as it can be told without fitting."""
    if isinstance(quantity, Constant):
        return quantity.value
    if isinstance(quantity, Discrete):
        return min(quantity.values)
    if isinstance(quantity, Empirical) and quantity.values:
        return min(quantity.values)
    if isinstance(quantity, Mixture):
        return min(lowest(component) for component in quantity.components)
    if isinstance(quantity, (Uniform, Triangular, Pert, Beta, TruncatedNormal)):
        return quantity.low if quantity.low is not None else min(quantity.quantiles.values())  # type: ignore[union-attr]
    if isinstance(quantity, Normal):
        return -math.inf if quantity.sd is None or quantity.sd > 0 else float(quantity.mean or 0)
    return 0.0
