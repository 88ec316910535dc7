"""What a config may say about one uncertain number: the distributions, chosen by `kind`."""

import math
import re
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Final, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_serializer, model_validator

from simcore.quantities.annotations import Plain, Year
from simcore.quantities.records import Column, Sourced, fault, shown
from simcore.units import UnitError, parse_quantity


class Uncertain(Sourced):
    """A number that may be uncertain."""

    factor: str | None = None
    """Name of the factor by which it is drawn, such as EU.wacc; without it, its own. Quantities of
    one factor share their draws, each through its own distribution."""

    @model_serializer(mode="wrap")
    def _compact(self, handler: Any) -> Any:
        return {key: value for key, value in handler(self).items() if value is not None}


def _check_order(record: Any) -> None:
    given = [key for key in record.rising if getattr(record, key) is not None]
    for key, after in pairwise(given):
        value, next_value = getattr(record, key), getattr(record, after)
        if value > next_value:
            raise fault(
                f"{key} = {value:g} above {after} = {next_value:g}",
                f"{key} <= {after} in a {record.kind} distribution",
                "swap or correct the two",
            )


class Constant(Uncertain):
    """A number that is not uncertain."""

    kind: Literal["constant"] = "constant"
    value: float

    @model_serializer(mode="wrap")
    def _compact(self, handler: Any) -> Any:
        content = {key: value for key, value in handler(self).items() if value is not None}
        return self.value if set(content) == {"kind", "value"} else content


def certain(value: float) -> Constant:
    """A number of the code; to check it would make the validator of its record."""
    return Constant.model_construct(value=value)


class _Fitted(Uncertain):
    quantiles: dict[float, float] | None = None
    """Probability -> value, two or three of them, instead of the parameters."""

    parameters: ClassVar[tuple[str, ...]] = ()
    rising: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _either(self) -> Self:
        fields = self.parameters
        missing = [key for key in fields if getattr(self, key) is None]
        if self.quantiles is None and missing:
            raise fault(
                f"no {' and no '.join(missing)}",
                f"{', '.join(fields)} (or `quantiles` with two or three probabilities)",
                f"add {missing[0]}: ...",
            )
        if self.quantiles is not None:
            if len(missing) < len(fields):
                given = [key for key in fields if key not in missing]
                raise fault(
                    f"{', '.join(given)} and quantiles together",
                    "parameters or quantiles, not both",
                    f"write {', '.join(fields)}, or quantiles: {{0.1: 4, 0.5: 5, 0.9: 7}}",
                )
            points = sorted(self.quantiles.items())
            if not 2 <= len(points) <= 3 or not all(0 < p < 1 for p, _ in points):
                raise fault(
                    f"quantiles at {[p for p, _ in points]}",
                    "two or three probabilities between 0 and 1",
                    "write for example quantiles: {0.1: 4.5, 0.9: 7}",
                )
            if not all(low < high for (_, low), (_, high) in pairwise(points)):
                raise fault(
                    f"quantiles {[value for _, value in points]}",
                    "values that rise with the probability",
                    "put them in order",
                )
        _check_order(self)
        return self


class Uniform(_Fitted):
    """Equally likely between two bounds."""

    kind: Literal["uniform"]
    low: float | None = None
    high: float | None = None
    parameters: ClassVar[tuple[str, ...]] = ("low", "high")
    rising: ClassVar[tuple[str, ...]] = ("low", "high")


class Triangular(_Fitted):
    """Bounds and a most likely value; its mean is (low + mode + high)/3. The central case takes
    the median, as for every distribution but listed values."""

    kind: Literal["triangular"]
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    parameters: ClassVar[tuple[str, ...]] = ("low", "mode", "high")
    rising: ClassVar[tuple[str, ...]] = ("low", "mode", "high")


class Pert(_Fitted):
    """Beta between two bounds with a likely value; mean (low + shape*mode + high)/(shape + 2). The
    central case takes the median."""

    kind: Literal["pert"]
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    shape: float = Field(default=4.0, gt=0)
    parameters: ClassVar[tuple[str, ...]] = ("low", "mode", "high")
    rising: ClassVar[tuple[str, ...]] = ("low", "mode", "high")


class Normal(_Fitted):
    """Normal with mean and standard deviation."""

    kind: Literal["normal"]
    mean: float | None = None
    sd: float | None = Field(default=None, ge=0)
    parameters: ClassVar[tuple[str, ...]] = ("mean", "sd")


class TruncatedNormal(_Fitted):
    """Normal restricted to [low, high]; mean and sd are those before truncation. The central case
    takes the median."""

    kind: Literal["truncated_normal"]
    mean: float | None = None
    sd: float | None = Field(default=None, gt=0)
    low: float
    high: float
    parameters: ClassVar[tuple[str, ...]] = ("mean", "sd")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.low >= self.high:
            raise fault(
                f"low = {self.low:g} and high = {self.high:g}",
                "low < high in a truncated_normal distribution",
                "swap or correct the two",
            )
        return self


class Lognormal(_Fitted):
    """exp of a normal with mean `mu` and standard deviation `sigma`."""

    kind: Literal["lognormal"]
    mu: float | None = None
    sigma: float | None = Field(default=None, ge=0)
    parameters: ClassVar[tuple[str, ...]] = ("mu", "sigma")

    @model_validator(mode="before")
    @classmethod
    def _of_logarithm(cls, content: Any) -> Any:
        """The logarithm has another mean and another standard deviation than the number."""
        if not isinstance(content, dict) or not {"mean", "sd"} & set(content):
            return content
        remedy = "write quantiles: {0.1: ..., 0.9: ...}"
        mean, sd = content.get("mean"), content.get("sd")
        if isinstance(mean, int | float) and isinstance(sd, int | float) and mean > 0 < sd:
            square = math.log1p((sd / mean) ** 2)
            remedy = f"write mu: {math.log(mean) - square / 2:.6g}, sigma: {math.sqrt(square):.6g}"
        raise fault("mean and sd of a lognormal", "mu and sigma, of the logarithm", remedy)


class SplitLognormal(_Fitted):
    """Lognormal halves that meet in the median: P10, P50 and P90 are exact."""

    kind: Literal["split_lognormal"]
    p10: float | None = Field(default=None, gt=0)
    p50: float | None = Field(default=None, gt=0)
    p90: float | None = Field(default=None, gt=0)
    parameters: ClassVar[tuple[str, ...]] = ("p10", "p50", "p90")
    rising: ClassVar[tuple[str, ...]] = ("p10", "p50", "p90")


class Beta(_Fitted):
    """Beta(alpha, beta) stretched to [low, high]. The central case takes the median."""

    kind: Literal["beta"]
    alpha: float | None = Field(default=None, gt=0)
    beta: float | None = Field(default=None, gt=0)
    low: float = 0.0
    high: float = 1.0
    parameters: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    rising: ClassVar[tuple[str, ...]] = ("low", "high")


def check_probabilities(probabilities: list[float], count: int) -> None:
    """Refuse probabilities that are too few, negative, or do not sum to 1."""
    if len(probabilities) != count:
        raise fault(
            f"{len(probabilities)} probabilities for {count} values",
            "one probability for each value",
            "add or remove some",
        )
    if any(p < 0 for p in probabilities) or not math.isclose(sum(probabilities), 1, abs_tol=1e-9):
        raise fault(
            f"probabilities {probabilities} (sum {sum(probabilities):g})",
            "probabilities >= 0 that sum to 1",
            "correct them",
        )


class Discrete(Uncertain):
    """Listed values with probabilities. The central case takes the most probable one."""

    kind: Literal["discrete"]
    values: list[float] = Field(min_length=1, max_length=1000)
    probabilities: list[float]

    @model_validator(mode="after")
    def _valid(self) -> Self:
        check_probabilities(self.probabilities, len(self.values))
        return self


class Bernoulli(Uncertain):
    """1 with a probability, else 0. The central case takes the more probable one."""

    kind: Literal["bernoulli"]
    probability: Annotated[Plain, Field(ge=0, le=1)]


class Empirical(Uncertain, Column):
    """Observed values, resampled with linear interpolation between them."""

    kind: Literal["empirical"]
    values: list[float] | None = Field(default=None, min_length=1, max_length=100_000)
    csv: str | None = None
    """A CSV file in the folder of the config."""
    column: str | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.values is None) == (self.csv is None) or (self.csv is None) != (
            self.column is None
        ):
            given = [key for key in ("values", "csv", "column") if getattr(self, key) is not None]
            raise fault(
                f"{' and '.join(given) or 'nothing'} of values, csv and column",
                "`values`, or `csv` with `column`",
                "write values: [...], or csv: FILE and column: NAME",
            )
        return self


class FactorReference(Uncertain):
    """The value of a named factor under `factors`."""

    kind: Literal["factor"]
    name: str


_RANGE: Final = re.compile(
    r"\s*(?P<low>[-+]?[0-9.]+)\s*(?:to|-|\u2013|\.\.+|\u2026)\s*(?P<high>[0-9.]+)\s*(?P<unit>.*)"
)


def _as_distribution(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"kind": "constant", "value": value}
    if isinstance(value, str):
        try:
            number, unit = parse_quantity(value)
        except UnitError as error:
            between = _RANGE.fullmatch(value)
            if between is not None:
                ends = [between["low"], between["high"]]
                raise _of_several(ends, value, between["unit"]) from None
            raise fault(error.found, error.expected, error.remedy) from None
        return {"kind": "constant", "value": number, "unit": unit}
    if isinstance(value, list):
        raise _of_several(value, shown(value))
    if value is None or isinstance(value, bool):
        raise fault(shown(value), _FORMS, "write the number, or leave the key out")
    if isinstance(value, dict) and "kind" not in value:
        if "value" in value:
            return {"kind": "constant", **value}
        if "years" in value:
            return {"kind": "by_year", **value}
        if value and all(isinstance(one, int) for one in value):
            years = ", ".join(f"{year}: {shown(one)}" for year, one in value.items())
            raise fault(
                shown(value), "a number; where it may change from year to year, {years: ...}",
                f"write one number or, where the value may change, {{years: {{{years}}}}}",
            )  # fmt: skip
    return value


_FORMS: Final = "a number, a number with a unit such as 1.2 MWh/t, or {kind: ...}"


def _of_several(values: list[Any], found: str, unit: str = "") -> Exception:
    """The fault of two or three numbers in place of one, whose meaning is a guess."""
    tail = f", unit: {unit.strip()}" if unit.strip() else ", unit: ..."
    remedy = "say what the numbers are, such as {kind: triangular, low: 4, mode: 5, high: 7}"
    if len(values) == 2:
        low, high = values
        remedy = (
            f"say what the numbers are: {{kind: uniform, low: {low}, high: {high}{tail}}}, or"
            f" {{kind: lognormal, quantiles: {{0.1: {low}, 0.9: {high}}}{tail}}}"
        )
    elif len(values) == 3:
        low, middle, high = values
        remedy = (
            f"say what the numbers are: {{kind: triangular, low: {low}, mode: {middle},"
            f" high: {high}{tail}}}, or {{kind: split_lognormal, p10: {low}, p50: {middle},"
            f" p90: {high}{tail}}}"
        )
    return fault(found, _FORMS, remedy)


def _as_constant(value: Any) -> Any:
    value = _as_distribution(value)
    if isinstance(value, dict) and value.get("kind") != "constant":
        raise fault(
            shown(value), "one number, or a number with a unit", "write a number without a kind"
        )
    return value


class _AlsoNumberOrText:
    """Lets the JSON schema accept the short forms of a quantity."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        return {"anyOf": [{"type": "number"}, {"type": "string"}, handler(core_schema)]}


class Mixture(Uncertain):
    """One of several distributions, chosen with the weights."""

    kind: Literal["mixture"]
    components: list["Quantity"] = Field(min_length=1, max_length=20)
    weights: list[float]

    @model_validator(mode="after")
    def _valid(self) -> Self:
        check_probabilities(self.weights, len(self.components))
        return self


class ByYear(Uncertain):
    """A quantity by year: linear between the dates, held before the first and after the last.

    Its dates share one draw: a high 2026 goes with a high 2035.
    """

    kind: Literal["by_year"]
    years: dict[Year, "Quantity"] = Field(min_length=1)
    """Year -> a number, a number with a unit, or a distribution."""


_Kinds = (
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
    | Mixture
)
Distribution = Annotated[_Kinds, Field(discriminator="kind")]
Quantity = Annotated[Distribution, BeforeValidator(_as_distribution), _AlsoNumberOrText()]
Certain = Annotated[Constant, BeforeValidator(_as_constant), _AlsoNumberOrText()]
"""A quantity that is one number."""
YearlyQuantity = Annotated[
    Annotated[_Kinds | ByYear, Field(discriminator="kind")],
    BeforeValidator(_as_distribution),
    _AlsoNumberOrText(),
]
"""A quantity, or one by year."""


_RECORDS: Final = get_args(_Kinds | ByYear)
KINDS: Final = frozenset(one.model_fields["kind"].annotation.__args__[0] for one in _RECORDS)
"""Names of the kinds of distribution, and of a quantity by year."""
PARAMETERS: Final = frozenset(name for one in _RECORDS for name in one.model_fields)
"""Every key that some kind of distribution knows."""
SHAPES: Final = PARAMETERS - {*Uncertain.model_fields, "kind", "name", "value"}
"""Those that shape a distribution."""


def _by_region(value: Any) -> Any:
    # A mapping with a parameter of a distribution is one, even where its `kind` was forgotten.
    if isinstance(value, dict) and not PARAMETERS & set(value):
        return value
    return {"default": value}


RegionQuantity = Annotated[
    dict[str, YearlyQuantity], BeforeValidator(_by_region), Field(min_length=1), _AlsoNumberOrText()
]
"""One quantity for all regions, or a mapping of region (or `default`) to a quantity."""
