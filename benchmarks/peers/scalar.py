"""The full model in scalar numba: one draw after the other, with numpy.random.Generator.

The steps of a program are written out as one Python function over local variables, which numba
compiles; rows hold one number each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.peers.scalar_formulas import NAMES, formula
from benchmarks.peers.tape import (
    SUMS,
    Shown,
    Step,
    Steps,
    look_up,
    table_columns,
    unknown_marginal,
)
from simcore.kernels import marginal_form

PEER = "scalar numba"
NOTHING = np.empty((0, 0))

# {o} is the row written, {x[i]} a row read, {c[i]} a constant, {t[i]} a column of the year's line.
FORMULAS: dict[str, str | Callable[..., str]] = {
    "PRODUCT": "{o} = {x[0]} * {x[1]}",
    "SUM": "{o} = {x[0]} + {x[1]}",
    "DIFFERENCE": "{o} = {x[0]} - {x[1]}",
    "QUOTIENT": "{o} = {x[0]} / {x[1]}",
    "SCALED": "{o} = {c[0]} * {x[0]}",
    "SMALLER": "{o} = min({x[0]}, {x[1]})",
    "CAPITAL_RECOVERY": "{o} = capital_recovery({x[0]} + {x[1]}, {c[0]})",
    "LOG_GROWTH": "{o} = log(1.0 + {x[0]})",
    "DECAY": "{o} = exp(-{x[0]})",
    "STEP_SPREAD": "{o} = step_spread({x[0]}, {x[1]})",
    "RESPONSE": "{o} = min(max(min(answered({x[0]}, {t[0]} * {x[1]}, {x[2]}, {t[1]} * {x[3]}, {x[4]}), "
    "{x[5]}), {t[2]}), {t[3]})",
    "AT_BOUND": "{o} = 1.0 if {x[0]} >= {x[1]} or {x[0]} >= {t[1]} or {x[0]} <= {t[0]} else 0.0",
    "WHERE": "{o} = {x[0]} if {x[1]} == {c[0]} else nan",
    "LABELLED": "{o} = {x[1]} if {x[0]} <= 0.0 else nan",
    "LEARNING_EXPONENT": "{o} = log(1.0 - {x[0]}) / log(2.0)",
    "LEARNING": "{o} = 1.0 - {x[2]} + {x[2]} * exp({x[0]} * ({t[0]} + split({x[1]}, {t[1]}, {t[2]})))",
    "ELECTROLYSER": "{o} = electrolyser({x[0]}, {x[1]}, {x[2]}, {x[3]}, {x[4]}, {x[5]}, {x[6]}, {c[0]})",
    "HYDROGEN": "{o} = {x[0]} * {x[1]} + {x[2]} * {x[3]} / 1000.0 + {x[4]}",
    "CHARGED": "{o} = {x[0]} * ({x[1]} - {x[2]} * {x[3]})",
    "CHARGED_WITH_PRECURSORS": "{o} = {x[0]} + {x[1]} * max(0.0, {x[2]} - {x[3]} * {x[4]})",
    "SHUFFLED": "{o} = (1.0 - {c[0]}) * {x[0]} + {c[0]} * min({x[0]}, {c[1]})",
    "CHARGED_AT_BORDER": "{o} = {x[0]} - {x[1]} * {x[2]}",
    "PAID": "{o} = max(0.0, {x[0]}) * {x[1]}",
    "CBAM": "{o} = {x[1]} * max(0.0, {x[0]} * {x[2]} - {x[3]})",
    "NETTED": "{o} = {x[0]} * ({x[1]} - {x[2]})",
    "NETTED_WITH_CREDIT": "{o} = {x[0]} * ({x[1]} - {x[2]}) - {x[3]} * {x[4]}",
    "GROSS_VALUE": "{o} = ({x[1]} + {x[2]}) * {x[0]} - {x[3]}",
    "RATIO": "{o} = ratio({x[0]}, {x[1]})",
    "BREAK_EVEN_HOME": "{o} = ratio({x[0]}, {x[1]} - {x[2]})",
    "BREAK_EVEN_BORDER": "{o} = break_even_border({x[0]}, {x[1]}, {x[2]}, {x[3]}, {x[4]}, {x[5]})",
    "NOT_POSITIVE": "{o} = not_positive({x[0]})",
    "CROSSOVER": "{o} = crossover({o}, {x[0]}, year, {c[0]})",
}


def _linear(step: Step, o: str, x: list[str], t: list[str]) -> str:
    terms = (f"{weight!r} * {one}" for weight, one in zip(step.numbers, x, strict=True))
    return f"{o} = {' + '.join(terms)}"


def _accumulated(step: Step, o: str, x: list[str], t: list[str]) -> str:
    if len(x) > 1:
        return f"{o} += discounted({t[0]}, {x[0]}, {t[1]}, {t[2]}, {x[1]})"
    return f"{o} += flat({t[0]}, {x[0]}, {t[1]}, {t[2]})"


def _path(step: Step, o: str, x: list[str], t: list[str]) -> str:
    z, decay, later, soon, carry, occurs, start, strength, lift, e, deviation, variance, _ = x
    noisy, centred, ramp, first, lifted, *_ = step.numbers
    spread = f"either({soon}, {later}, year == {first!r})" if soon != later else later
    known, above, below, correction, floor, ceiling, since = t
    lines = []
    log_price = (
        f"{known} - {correction} + split({z}, {above}, {below}) + {carry} * {since} + {deviation}"
    )
    if noisy > 0.0:
        lines.append(f"{deviation} = advanced({deviation}, {decay}, {spread}, {e}, {since})")
        if centred > 0.0:
            lines.append(f"{variance} = spread_out({variance}, {decay}, {spread}, {since})")
            log_price += f" - 0.5 * {variance}"
    if ramp >= 0.0:
        log_price += f" + {occurs} * {strength} * ramped(year, {start}, {ramp!r})"
    if lifted > 0.0:
        log_price += f" + {lift}"
    price = f"{o} = path_price({known}, {log_price}, {floor}, {ceiling}, {since})"
    return "\n".join([*lines, price])


def _timeline(step: Step, o: str, x: list[str], t: list[str]) -> str:
    count = len(step.numbers) // 2
    lines = []
    for c in range(count):
        value = t[c]
        for position in np.unique(step.table[:, count + c]).astype(int):
            if position >= 0:
                value = f"either({t[c]} * {x[position]}, {value}, {t[count + c]} == {position})"
        variant, delay = step.numbers[2 * c : 2 * c + 2]
        if c:
            value = f"either({value}, {o}, ({x[0]} == {variant!r}) & ({x[1]} == {delay!r}))"
        lines.append(f"{o} = {value}")
    return "\n".join(lines)


def _levelised(step: Step, o: str, x: list[str], t: list[str]) -> str:
    terms = [f"{x[0]} * {x[1]} + {x[2]}"]
    for k, sign in enumerate(step.numbers):
        terms.append(f"{'-' if sign < 0.0 else '+'} {x[3 + 2 * k]} * {x[4 + 2 * k]}")
    return f"{o} = {' '.join(terms)}"


def _cheapest(step: Step, o: str, x: list[str], t: list[str]) -> str:
    return f"{o} = cheapest(({', '.join(x)},), {step.numbers!r}, year)"


def _chosen(step: Step, o: str, x: list[str], t: list[str]) -> str:
    value = x[1]
    for k, row in enumerate(x[2:], start=1):
        value = f"either({row}, {value}, {x[0]} == {k}.0)"
    return f"{o} = {value}"


def _normal(step: Step, o: str, x: list[str], t: list[str]) -> str:
    return f"{o} = {_drawn(step)}"


def _factor(step: Step, o: str, x: list[str], t: list[str]) -> str:
    p = [repr(one) for one in step.parameters]
    number = x[0] if x else _drawn(step)
    if x and not step.is_normal:
        number = f"normal_cdf({number})"
    if step.kind == marginal_form.CONSTANT:
        return f"{o} = {p[0]}"
    head = f"n = {number}\n"
    if step.kind == marginal_form.UNIFORM:
        return f"{head}{o} = {p[0]} + {p[1]} * n"
    if step.kind == marginal_form.TRIANGULAR:
        return f"{head}{o} = triangular(n, {', '.join(p[:5])})"
    if step.kind == marginal_form.NORMAL:
        return f"{head}{o} = {p[0]} + {p[1]} * n"
    if step.kind == marginal_form.LOGNORMAL:
        return f"{head}{o} = {p[2]} * exp({p[0]} + {p[1]} * n)"
    if step.kind == marginal_form.SPLIT_LOGNORMAL:
        return f"{head}{o} = {p[0]} * exp(split(n, {p[2]}, {p[1]}))"
    if step.kind == marginal_form.DISCRETE:
        count = int(step.parameters[0])
        thresholds, values = step.table[: count - 1], step.table[count - 1 : 2 * count - 1]
        return f"{head}{o} = discrete(n, {tuple(thresholds.tolist())}, {tuple(values.tolist())})"
    if step.kind == marginal_form.TABLE and step.parameters[0] == 1:
        return f"{head}{o} = tabulated(n, curve{step.out}, {marginal_form.TABLE_LENGTH})"
    raise unknown_marginal(step, PEER)


def _drawn(step: Step) -> str:
    """The next random number of a step."""
    what = "normal" if step.is_normal else "uniform"
    return f"{what}(generator, given, slot + {step.slot}, draw)"


FORMULAS |= {
    "LINEAR": _linear,
    "ACCUMULATED": _accumulated,
    "DISCOUNTED": _accumulated,
    "PATH": _path,
    "TIMELINE": _timeline,
    "LEVELISED": _levelised,
    "CHEAPEST": _cheapest,
    "CHOSEN": _chosen,
    "NORMAL": _normal,
    "FACTOR": _factor,
}


def source(steps: Steps) -> str:
    """The program as Python text."""
    static, yearly = steps.slots
    columns, later = table_columns(steps), len(steps.shown.rows)
    prices = _written(steps.yearly, steps.shown_yearly, later, columns, 0, steps.prices)
    others = _written(
        steps.yearly, steps.shown_yearly, later, columns, steps.prices, len(steps.yearly)
    )
    lines = [
        "def program(draws, generator, given, tables, at, place, target, shown, totals, values):",
        "    for draw in range(draws):",
        *(f"        r{row} = {_number(value)}" for row, value in steps.constants.items()),
        *(f"        r{row} = {_number(value)}" for row, value in steps.states.items()),
        "        slot = 0",
        *_indented(8, _kept(steps.shown, -1, 0)),
        *_indented(8, _written(steps.static, steps.shown, 0, None, 0, len(steps.static))),
        "        hand_out(0, draw, at, place, target, shown, totals, values)",
        f"        for line in range({steps.years}):",
        f"            year = float({steps.first_year} + line)",
        f"            slot = {static} + line * {yearly}",
        "            t = tables[line]",
        *_indented(12, _kept(steps.shown_yearly, -1, later)),
        *_indented(12, prices),
        f"            if line < {steps.lead}:",
        "                continue",
        *_indented(12, others),
        "            hand_out(line + 1, draw, at, place, target, shown, totals, values)",
    ]
    return "\n".join(lines) + "\n"


def _indented(indent: int, lines: Iterable[str]) -> Iterator[str]:
    return (" " * indent + line for line in lines)


def _number(value: float) -> str:
    return repr(value) if np.isfinite(value) else f"float('{value}')".replace("float('nan')", "nan")


def _kept(shown: Shown, step: int, first: int) -> list[str]:
    """Put what is handed out after a step where it stays until its line is done."""
    return [f"shown[{first + k}] = r{row}" for k, row in shown.at(step)]


def _written(
    some: Sequence[Step], shown: Shown, place: int, columns: list[int] | None, begin: int, end: int
) -> Iterator[str]:
    for i in range(begin, end):
        step = some[i]
        form = look_up(FORMULAS, step, PEER)
        o, x = f"r{step.out}", [f"r{row}" for row in step.inputs]
        width = 0 if columns is None else step.table.shape[1]
        t = [f"t[{columns[i] + column}]" for column in range(width)]
        c = [repr(number) for number in step.numbers]
        text = form.format(o=o, x=x, c=c, t=t) if isinstance(form, str) else form(step, o, x, t)
        yield from text.split("\n")
        yield from _kept(shown, i, place)


@formula
def hand_out(line, draw, at, place, target, shown, totals, values):
    """Add the rows of a line to their totals, or copy them where values are wanted."""
    for k in range(at[line], at[line + 1]):
        value = shown[place[k]]
        if values.size:
            values[target[k], draw] = value
        elif value == value:
            total = totals[target[k]]
            total[0] += 1.0
            total[1] += value
            total[2] += value * value
            total[3] += 1.0 if value > 0.0 else 0.0


class _Program:
    """One program, compiled."""

    def __init__(self, steps: Steps) -> None:
        curves = {
            f"curve{one.out}": np.ascontiguousarray(one.table[2:])
            for one in (*steps.static, *steps.yearly)
            if one.name == "FACTOR" and one.kind == marginal_form.TABLE
        }
        scope: dict[str, Any] = {**NAMES, **curves, "hand_out": hand_out}
        exec(compile(source(steps), "<scalar model>", "exec"), scope)
        self._program = formula(scope["program"])
        later, static = steps.shown_yearly, steps.shown
        # By line (static, then each year): places of what is handed out, and where it goes.
        places = [np.flatnonzero(line >= 0) for line in (*static.out, *later.out)]
        self._at = np.cumsum([0, *map(len, places)])
        self._place = np.concatenate([places[0], *(one + len(static.rows) for one in places[1:])])
        self._target = np.concatenate([line[line >= 0] for line in (*static.out, *later.out)])
        self._tables = np.hstack([step.table for step in steps.yearly] or [np.empty((1, 0))])
        self._shown = len(static.rows) + len(later.rows)
        self.outputs = steps.outputs

    def run(
        self, draws: int, generator, given: np.ndarray, totals: np.ndarray, values: np.ndarray
    ) -> None:
        self._program(
            draws,
            generator,
            given,
            self._tables,
            self._at,
            self._place,
            self._target,
            np.empty(self._shown),
            totals,
            values,
        )


class Model:
    """Programs, compiled.

    Parameters
    ----------
    programs : sequence of Steps
    """

    def __init__(self, programs: Sequence[Steps]) -> None:
        self._programs = [_Program(steps) for steps in programs]

    def totals(
        self, draws: int, seed: int, given: Sequence[np.ndarray] | None = None
    ) -> np.ndarray:
        """The sums of each output, (output, SUMS)."""
        generator = np.random.default_rng(seed)
        found = [np.zeros((one.outputs, SUMS)) for one in self._programs]
        for k, (one, out) in enumerate(zip(self._programs, found, strict=True)):
            one.run(draws, generator, given[k] if given else NOTHING, out, NOTHING)
        return np.vstack(found)

    def values(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """Every value of every draw under given random numbers, (output, draw)."""
        draws = given[0].shape[1]
        generator = np.random.default_rng(0)
        found = [np.full((one.outputs, draws), np.nan) for one in self._programs]
        for one, numbers, out in zip(self._programs, given, found, strict=True):
            one.run(draws, generator, numbers, NOTHING, out)
        return np.vstack(found)
