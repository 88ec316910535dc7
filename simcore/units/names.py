"""What a unit may be called, and how `USD/(tCO2/yr)` is read.

Mass of anything is mass: `t`, `tCO2` and `tCO2e` are the same unit, and what it is a mass of is
known from the field it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from simcore.errors import TextError, suggest

# Order of the exponents of a dimension.
_NAMES: Final = ("money", "mass", "energy", "time", "volume")

_NUMBERS: Final = {
    "%": Fraction(1, 100),
    "k": Fraction(1000),
    "M": Fraction(10**6),
    "bn": Fraction(10**9),
    "trn": Fraction(10**12),
}
_CURRENCIES: Final = frozenset(
    re.findall(
        "[A-Z]{3}",
        "AED ARS AUD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HUF IDR ILS INR JPY KRW KZT MAD"
        " MXN MYR NOK NZD OMR PHP PLN QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR",
    )
)
_MEANT: Final = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY or CNY", "₩": "KRW", "₹": "INR", "RMB": "CNY",
    "euro": "EUR", "ton": "t", "tons": "t", "tonne": "t", "tonnes": "t", "tCO2eq": "tCO2e",
    "year": "yr", "years": "yr", "y": "yr", "a": "yr", "yrs": "yr", "hour": "h", "hours": "h",
    "percent": "%", "MBtu": "MMBtu", "mmbtu": "MMBtu", "kwh": "kWh", "mwh": "MWh", "MWhe": "MWh",
    "MWh_e": "MWh", "t_yr": "(t/yr)", "kgH2": "kg", "kEUR": "k EUR",
    "MEUR": "M EUR", "bnEUR": "bn EUR", "EURm": "M EUR", "ct": "EUR", "Wh": "kWh", "J": "MJ",
}  # fmt: skip

# CO2 names what the mass is of; it is read together with the mass before it.
_TOKEN: Final = re.compile(
    r"(?P<mass>[gtkMG]{1,2}) ?CO2e?(?![A-Za-z0-9_])"
    r"|(?P<power>1e[0-9]{1,2}|1)(?![A-Za-z0-9_.])"
    r"|(?P<name>%|[^\W\d_][\w]*|[€$£¥₩₹])"
    r"|(?P<sign>[/*·()])"
    r"|(?P<space>\s+)"
)
_NAME: Final = re.compile(r"[^\W\d_]\w*")
_EXPONENT: Final = re.compile(r"\^?(-?[1-3])(?![A-Za-z0-9_.])")
MAX_LENGTH: Final = 100


class UnitError(TextError):
    """A unit, quantity or exchange rate that cannot be used."""


@dataclass(frozen=True)
class Unit:
    """A parsed unit.

    Attributes
    ----------
    scale : Fraction
        One of it in the canonical units (t, MWh, h, m3), exactly, currencies aside.
    dimension : tuple of 5 int
        Exponents of money, mass, energy, time and volume.
    currencies : tuple of (str, int)
        Exponent of each currency, in the order of writing.
    spelling : str
        As it was written, and as it is shown; units that are spelled in two ways are equal.
    """

    scale: Fraction
    dimension: tuple[int, ...]
    currencies: tuple[tuple[str, int], ...]
    spelling: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.spelling


_ONE: Final = Unit(Fraction(1), (0, 0, 0, 0, 0), ())
UNITS: Final = {
    "t": Unit(Fraction(1), (0, 1, 0, 0, 0), ()),
    "MWh": Unit(Fraction(1), (0, 0, 1, 0, 0), ()),
    "h": Unit(Fraction(1), (0, 0, 0, 1, 0), ()),
    "m3": Unit(Fraction(1), (0, 0, 0, 0, 1), ()),
}
"""Every unit by name but currencies and plain numbers; more by `declare`."""


def declare(name: str, definition: str) -> None:
    """Add a unit, for configs, packaged tables, price files and commands alike.

    Parameters
    ----------
    name : str
        Letters, digits and `_`, such as `short_ton`.
    definition : str
        What one of it is, in units that are known: `0.90718474 t`. The number may be a fraction,
        such as `1/3600`, and is taken exactly.

    Raises
    ------
    UnitError
        The name is taken or none, or the definition is not a number and a unit.
    """
    if name in UNITS or name in _NUMBERS or name in _CURRENCIES:
        raise UnitError(f"a second unit {name!r}", "a name that is free", "choose another name")
    if not _NAME.fullmatch(name):
        raise UnitError(
            f"{name!r} as the name of a unit", "letters, digits and _", "choose another name"
        )
    number, _, unit = definition.partition(" ")
    try:
        one = Unit(Fraction(number), (0, 0, 0, 0, 0), ())
    except (ValueError, ZeroDivisionError):
        raise UnitError(
            repr(definition), "a number and a unit, such as 0.90718474 t", "write the number first"
        ) from None
    UNITS[name] = _times(one, parse_unit(unit), 1)


@lru_cache(maxsize=1024)
def parse_unit(unit: str) -> Unit:
    """Read a unit such as `USD/MMBtu`, `EUR/(t/yr)`, `kWh/kg`, `M EUR`, `EUR t-1` or `%`.

    Parameters
    ----------
    unit : str
        Names joined by `/`, `*` or a space, with brackets. After a `/`, a product needs brackets.

    Returns
    -------
    Unit

    Raises
    ------
    UnitError
        A name is unknown or the spelling is not a unit.
    """
    if not isinstance(unit, str) or not unit.strip():
        raise UnitError("no unit", "a unit", "write 1 for a plain number, % for a share")
    if len(unit) > MAX_LENGTH:
        raise UnitError(f"a unit of {len(unit)} characters", "a short unit", "check the entry")
    tokens = tuple(_tokens(unit))
    result, position = _product(tokens, 0, unit)
    if position != len(tokens):
        raise _spelling_error("an unexpected )", unit)
    return replace(result, spelling=unit.strip())


def describe(unit: Unit) -> str:
    """Say in words what a unit measures, as in `money per (mass per time)`.

    Parameters
    ----------
    unit : Unit
        Parsed unit.

    Returns
    -------
    str
    """
    powers = dict(zip(_NAMES, unit.dimension, strict=True))
    # Energy per time is power, and a capacity is mass per time: said as such on either side.
    for thing, rate in (
        ("energy", "power"),
        ("mass", "mass per time"),
        ("volume", "volume per time"),
    ):
        for sign in (1, -1):
            if powers[thing] == sign and powers["time"] == -sign:
                powers[thing] = powers["time"] = 0
                powers[rate] = sign
    above = [_power(name, exponent) for name, exponent in powers.items() if exponent > 0]
    below = [_power(name, -exponent) for name, exponent in powers.items() if exponent < 0]
    if not above and not below:
        return "a plain number"
    if len(above) + len(below) == 1 and above:
        return above[0].strip("()")
    return " ".join([*(above or ["a number"]), *(f"per {name}" for name in below)])


def _product(tokens: Sequence[Unit | str], position: int, unit: str) -> tuple[Unit, int]:
    """Read factors up to the end or a closing bracket; return the product and the position."""
    result, position = _factor(tokens, position, unit)
    divided = False
    while position < len(tokens) and tokens[position] != ")":
        sign = tokens[position]
        if sign in ("/", "*"):
            position += 1
        if divided and sign != "/":
            raise _spelling_error("a product after a /, which needs brackets,", unit)
        divided = sign == "/"
        factor, position = _factor(tokens, position, unit)
        result = _times(result, factor, -1 if divided else 1)
    return result, position


def _factor(tokens: Sequence[Unit | str], position: int, unit: str) -> tuple[Unit, int]:
    token = tokens[position] if position < len(tokens) else None
    if isinstance(token, Unit):
        return token, position + 1
    if token != "(":
        raise _spelling_error("a missing name" if token is None else f"an unexpected {token}", unit)
    inner, position = _product(tokens, position + 1, unit)
    if position == len(tokens):
        raise _spelling_error("a missing )", unit)
    return inner, position + 1


def _spelling_error(what: str, unit: str) -> UnitError:
    return UnitError(
        f"{what} in the unit {unit!r}",
        "names joined by / with brackets, such as EUR/(t/yr)",
        "correct the unit",
    )


def _tokens(unit: str) -> Iterator[Unit | str]:
    position = 0
    while position < len(unit):
        match = _TOKEN.match(unit, position)
        if match is None:
            raise _spelling_error(repr(unit[position]), unit)
        position = match.end()
        if match["space"]:
            continue
        if match["sign"]:
            yield match["sign"].replace("·", "*")
            continue
        if match["power"]:
            yield Unit(Fraction(match["power"]), (0, 0, 0, 0, 0), ())
            continue
        single = _named(match["mass"] or match["name"], unit)
        exponent = _EXPONENT.match(unit, position)
        if exponent:
            position = exponent.end()
            power = int(exponent[1])
            single = _times(_ONE, single, power)
        yield single


def _named(name: str, unit: str) -> Unit:
    if name in UNITS:
        return UNITS[name]
    if name in _NUMBERS:
        return Unit(_NUMBERS[name], (0, 0, 0, 0, 0), ())
    if name in _CURRENCIES:
        return _money(name)
    near = _MEANT.get(name) or suggest(name, [*UNITS, "tCO2", "tCO2e", *_CURRENCIES])
    is_code = re.fullmatch("[A-Z]{3}", name) is not None and name not in _MEANT
    if is_code and (near is None or near.casefold() != name.casefold()):
        # Not on our list of currencies, yet it may be in the user's table of rates.
        return _money(name)
    dated = re.fullmatch(r"([A-Z]{3})[_ -]?((?:19|20)[0-9]{2})", name)
    if dated is not None:
        raise UnitError(
            f"{name!r} in the unit {unit!r}", "a currency; its year is a key of its own",
            f"write the unit {unit.replace(name, dated[1])}, and price_year: {dated[2]} beside it",
        )  # fmt: skip
    raise UnitError(
        f"{name!r} in the unit {unit!r}" if name != unit.strip() else f"the unit {name!r}",
        "a known unit or currency, such as EUR/t, USD/MMBtu, GJ/t, kWh/kg, EUR/(t/yr) or %",
        f"did you mean {near}?" if near else "correct the unit",
    )


def _money(code: str) -> Unit:
    return Unit(Fraction(1), (1, 0, 0, 0, 0), ((code, 1),))


def _times(left: Unit, right: Unit, power: int) -> Unit:
    currencies = dict(left.currencies)
    for code, exponent in right.currencies:
        currencies[code] = currencies.get(code, 0) + power * exponent
    return Unit(
        left.scale * right.scale**power,
        tuple(a + power * b for a, b in zip(left.dimension, right.dimension, strict=True)),
        tuple(currencies.items()),
    )


def _power(name: str, exponent: int) -> str:
    name = f"({name})" if " " in name else name
    return name if exponent == 1 else f"{name}^{exponent}"


for _line in (
    "g 1e-6 t", "kg 1e-3 t", "kt 1e3 t", "Mt 1e6 t", "Gt 1e9 t",
    "MJ 1/3600 MWh", "GJ 10/36 MWh", "TJ 10000/36 MWh", "PJ 10000000/36 MWh",
    "kWh 1e-3 MWh", "GWh 1e3 MWh", "TWh 1e6 MWh", "MMBtu 0.29307107017 MWh",
    "kW 1e-3 MWh/h", "MW 1 MWh/h", "GW 1e3 MWh/h", "yr 8760 h", "Nm3 1 m3",
):  # fmt: skip
    declare(*_line.split(" ", 1))
