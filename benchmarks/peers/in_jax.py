"""The full model in JAX: float64 arrays over draws, compiled whole, `lax.scan` over the years.

JAX is the optional extra `bench-jax`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.peers.tape import SUMS, Shown, Step, Steps, look_up, unknown_marginal
from simcore.kernels import marginal_form

PEER = "JAX"


def _jax() -> Any:
    """JAX in double precision, on one thread of the processor like the other models."""
    # Read once, when the first array is made.
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    for name in ("PJRT_NPROC", "NPROC"):
        os.environ.setdefault(name, "1")
    flags = os.environ.get("XLA_FLAGS", "")
    if "multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


# A tool that gathers benchmarks imports every module, with JAX or without.
jax = _jax() if importlib.util.find_spec("jax") else None
jnp, lax = (jax.numpy, jax.lax) if jax else (None, None)


def _split(z, above, below):
    return z * jnp.where(z >= 0.0, above, below)


def _ratio(value, divisor):
    positive = divisor > 0.0
    return jnp.where(positive, value / jnp.where(positive, divisor, 1.0), jnp.nan)


def _capital_recovery(wacc, life):
    growth = life * jnp.log1p(wacc)
    small = jnp.abs(growth) < 1e-4
    series = (1.0 + wacc * (life + 1.0) / 2.0 + wacc**2 * (life**2 - 1.0) / 12.0) / life
    return jnp.where(small, series, wacc / jnp.where(small, 1.0, -jnp.expm1(-growth)))


def _step_spread(sigma, kappa):
    x = 2.0 * kappa
    positive = jnp.where(x > 0.0, x, 1.0)
    return sigma * jnp.sqrt(jnp.where(x > 0.0, -jnp.expm1(-positive) / positive, 1.0))


def _learning(exponent, z, share, t):
    log_capacity = t[0] + _split(z, t[1], t[2])
    return 1.0 - share + share * jnp.exp(exponent * log_capacity)


def _electrolyser(life, capex, recovery, fixed, stack_share, stack_life, hours, demand):
    stacks = stack_share * jnp.maximum(0.0, 1.0 / stack_life - 1.0 / life)
    return capex * (recovery + fixed + stacks) / hours * demand


def _break_even_border(excess, covered, gap_reference, paid_reference, gap, paid):
    owed = excess / covered + paid_reference
    alone, slope = owed / gap_reference, gap_reference - gap
    both = (owed - paid) / slope
    both = jnp.where((slope > 0.0) & (both >= 0.0), both, jnp.nan)
    found = jnp.where(alone * gap <= paid, alone, both)
    found = jnp.where((covered > 0.0) & (gap_reference > 0.0), found, jnp.nan)
    return jnp.where(excess <= 0.0, 0.0, found)


def _response(x, t):
    price, above, exponent_above, below, exponent_below, backstop = x
    high, low = t[0] * above, t[1] * below
    start = jnp.where(price > high, high, jnp.where(price < low, low, price))
    exponent = jnp.where(price > high, exponent_above, exponent_below)
    answer = jnp.where(price == start, price, start * jnp.exp(exponent * jnp.log(price / start)))
    return jnp.clip(jnp.minimum(answer, backstop), t[2], t[3])


def _at_bound(price, backstop, t):
    held = (price >= backstop) | (price >= t[1]) | (price <= t[0])
    return jnp.where(held, 1.0, 0.0)


def _chosen(label, first, *others):
    found = first
    for k, one in enumerate(others, start=1):
        found = jnp.where(label == k, one, found)
    return found


def _tabulated(u, table):
    """Piecewise cubic in p = min(u, 1 - u), 64 pieces an octave, four coefficients each."""
    p = jnp.maximum(jnp.minimum(u, 1.0 - u), 2.0**-53)
    fraction, exponent = jnp.frexp(p)
    piece = jnp.floor((2.0 * fraction - 1.0) * 64.0)
    edge = jnp.ldexp((1.0 + (piece + 1.0) / 64.0) / 2.0, exponent)
    at = 4 * (64 * (exponent + 52) + piece.astype(int))
    at = at + jnp.where(u > 0.5, marginal_form.TABLE_LENGTH, 0)
    a, b, c, d = (jnp.asarray(table)[at + k] for k in range(4))
    t = p - edge
    return a + t * (b + t * (c + t * d))


def _linear(x, weights):
    return sum(weight * one for weight, one in zip(weights, x, strict=True))


def _levelised(x, signs):
    cost = x[0] * x[1] + x[2]
    for k, sign in enumerate(signs):
        cost = cost + sign * x[3 + 2 * k] * x[4 + 2 * k]
    return cost


# Functions of the rows read, the constants and the year's line of the table.
FORMULAS: dict[str, Callable[..., Any]] = {
    "PRODUCT": lambda x, c, t: x[0] * x[1],
    "SUM": lambda x, c, t: x[0] + x[1],
    "DIFFERENCE": lambda x, c, t: x[0] - x[1],
    "QUOTIENT": lambda x, c, t: x[0] / x[1],
    "SCALED": lambda x, c, t: c[0] * x[0],
    "SMALLER": lambda x, c, t: jnp.minimum(x[0], x[1]),
    "LINEAR": lambda x, c, t: _linear(x, c),
    "CAPITAL_RECOVERY": lambda x, c, t: _capital_recovery(x[0] + x[1], c[0]),
    "LOG_GROWTH": lambda x, c, t: jnp.log1p(x[0]),
    "DECAY": lambda x, c, t: jnp.exp(-x[0]),
    "STEP_SPREAD": lambda x, c, t: _step_spread(*x),
    "CHOSEN": lambda x, c, t: _chosen(*x),
    "RESPONSE": lambda x, c, t: _response(x, t),
    "AT_BOUND": lambda x, c, t: _at_bound(*x, t),
    "WHERE": lambda x, c, t: jnp.where(x[1] == c[0], x[0], jnp.nan),
    "LABELLED": lambda x, c, t: jnp.where(x[0] <= 0.0, x[1], jnp.nan),
    "LEARNING_EXPONENT": lambda x, c, t: jnp.log2(1.0 - x[0]),
    "LEARNING": lambda x, c, t: _learning(*x, t),
    "ELECTROLYSER": lambda x, c, t: _electrolyser(c[0], *x),
    "HYDROGEN": lambda x, c, t: x[0] * x[1] + x[2] * x[3] / 1000.0 + x[4],
    "LEVELISED": lambda x, c, t: _levelised(x, c),
    "CHARGED": lambda x, c, t: x[0] * (x[1] - x[2] * x[3]),
    "CHARGED_WITH_PRECURSORS": lambda x, c, t: x[0] + x[1] * jnp.maximum(0.0, x[2] - x[3] * x[4]),
    "SHUFFLED": lambda x, c, t: (1.0 - c[0]) * x[0] + c[0] * jnp.minimum(x[0], c[1]),
    "CHARGED_AT_BORDER": lambda x, c, t: x[0] - x[1] * x[2],
    "PAID": lambda x, c, t: jnp.maximum(0.0, x[0]) * x[1],
    "CBAM": lambda x, c, t: x[1] * jnp.maximum(0.0, x[0] * x[2] - x[3]),
    "NETTED": lambda x, c, t: x[0] * (x[1] - x[2]),
    "NETTED_WITH_CREDIT": lambda x, c, t: x[0] * (x[1] - x[2]) - x[3] * x[4],
    "GROSS_VALUE": lambda x, c, t: (x[1] + x[2]) * x[0] - x[3],
    "RATIO": lambda x, c, t: _ratio(x[0], x[1]),
    "BREAK_EVEN_HOME": lambda x, c, t: _ratio(x[0], x[1] - x[2]),
    "BREAK_EVEN_BORDER": lambda x, c, t: _break_even_border(*x),
    "NOT_POSITIVE": lambda x, c, t: jnp.where(x[0] <= 0.0, 1.0, 0.0),
}


# --- what also reads the year, the random numbers or its own row of the year before ---------------


def _path(step: Step, rows: dict, drawn, t, year):
    z, decay, later, soon, carry, occurs, start, strength, lift, e, x, v, _ = (
        rows[k] for k in step.inputs
    )
    noisy, centred, ramp, first, lifted, *_ = step.numbers
    spread = jnp.where(year == first, soon, later)
    open_year = t[6] > 0.0
    if noisy > 0.0:
        x = rows[step.inputs[10]] = jnp.where(open_year, x * decay + spread * e, x)
    log_price = t[0] - t[3] + _split(z, t[1], t[2]) + carry * t[6] + x
    if noisy > 0.0 and centred > 0.0:
        v = rows[step.inputs[11]] = jnp.where(open_year, decay**2 * v + spread**2, v)
        log_price = log_price - 0.5 * v
    if ramp > 0.0:
        log_price = log_price + occurs * strength * jnp.clip((year - start) / ramp, 0.0, 1.0)
    elif ramp == 0.0:
        log_price = log_price + occurs * strength * jnp.where(year >= start, 1.0, 0.0)
    if lifted > 0.0:
        log_price = log_price + lift
    price = jnp.minimum(jnp.maximum(jnp.exp(log_price), t[4]), t[5])
    return jnp.where(open_year, price, jnp.exp(t[0]))


def _timeline(step: Step, rows: dict, drawn, t, year):
    count = len(step.numbers) // 2
    variant, delay = (rows[k] for k in step.inputs[:2])
    found = 0.0
    for c in range(count):
        value = t[c]
        for position in np.unique(step.table[:, count + c]).astype(int):
            if position >= 0:
                uncertain = t[c] * rows[step.inputs[position]]
                value = jnp.where(t[count + c] == position, uncertain, value)
        chosen = (variant == step.numbers[2 * c]) & (delay == step.numbers[2 * c + 1])
        found = jnp.where(chosen, value, found) if c else value
    return found


def _accumulated(step: Step, rows: dict, drawn, t, year):
    value, *rate = (rows[k] for k in step.inputs)
    if not rate:
        return rows[step.out] + t[0] * value * (t[2] - t[1] + 1.0)
    first, last = t[1].astype(int), jnp.where(t[0] == 0.0, t[1] - 1.0, t[2]).astype(int)
    factors = lax.fori_loop(
        first,
        last + 1,
        lambda n, total: total + jnp.exp(-n * rate[0]),
        jnp.zeros_like(rows[step.out]),
    )
    return rows[step.out] + t[0] * value * factors


def _crossover(step: Step, rows: dict, drawn, t, year):
    known = rows[step.out]
    now = jnp.isnan(known) & (rows[step.inputs[0]] <= 0.0) & (year >= step.numbers[0])
    return jnp.where(now, year, known)


def _cheapest(step: Step, rows: dict, drawn, t, year):
    best, position = jnp.inf, jnp.nan
    for k, (row, first) in enumerate(zip(step.inputs, step.numbers, strict=True)):
        lower = (year >= first) & (rows[row] < best)
        best, position = jnp.where(lower, rows[row], best), jnp.where(lower, float(k), position)
    return position


def _normal(step: Step, rows: dict, drawn, t, year):
    return drawn[step.slot]


def _factor(step: Step, rows: dict, drawn, t, year):
    p = step.parameters
    if step.kind == marginal_form.CONSTANT:
        return p[0]
    n = rows[step.inputs[0]] if step.inputs else drawn[step.slot]
    if step.inputs and not step.is_normal:
        n = jax.scipy.special.ndtr(n)
    if step.kind == marginal_form.UNIFORM:
        return p[0] + p[1] * n
    if step.kind == marginal_form.TRIANGULAR:
        low, high, split, left, right = p[:5]
        return jnp.where(n < split, low + jnp.sqrt(n * left), high - jnp.sqrt((1.0 - n) * right))
    if step.kind == marginal_form.NORMAL:
        return p[0] + p[1] * n
    if step.kind == marginal_form.LOGNORMAL:
        return p[2] * jnp.exp(p[0] + p[1] * n)
    if step.kind == marginal_form.SPLIT_LOGNORMAL:
        return p[0] * jnp.exp(_split(n, p[2], p[1]))
    if step.kind == marginal_form.DISCRETE:
        count = int(p[0])
        found = step.table[count - 1]
        for threshold, value in zip(
            step.table[: count - 1], step.table[count : 2 * count - 1], strict=True
        ):
            found = jnp.where(n >= threshold, value, found)
        return found
    if step.kind == marginal_form.TABLE and p[0] == 1:
        return _tabulated(n, step.table[2:])
    raise unknown_marginal(step, PEER)


SPECIAL: dict[str, Callable[..., Any]] = {
    "PATH": _path,
    "TIMELINE": _timeline,
    "ACCUMULATED": _accumulated,
    "DISCOUNTED": _accumulated,
    "CROSSOVER": _crossover,
    "CHEAPEST": _cheapest,
    "NORMAL": _normal,
    "FACTOR": _factor,
}


def _do(
    steps: Sequence[Step], shown: Shown, rows: dict, drawn, tables: Sequence[Any], year
) -> list[Any]:
    """Do some steps, which write `rows`; what they hand out, as it was at that moment."""
    kept = [rows[row] for _, row in shown.at(-1)]
    for i, (step, t) in enumerate(zip(steps, tables, strict=True)):
        form = look_up(FORMULAS | SPECIAL, step, PEER)
        if step.name in SPECIAL:
            rows[step.out] = form(step, rows, drawn, t, year)
        else:
            rows[step.out] = form([rows[k] for k in step.inputs], step.numbers, t)
        kept += [rows[row] for _, row in shown.at(i)]
    return kept


# --- the run -------------------------------------------------------------------------------------


def _handed_out(kept: Sequence[Any], draws: int, every: bool):
    """The rows themselves, or their sums; what is undefined counts as nothing."""
    if not kept:
        return jnp.zeros((0, draws if every else SUMS))
    values = jnp.stack([jnp.broadcast_to(row, (draws,)) for row in kept])
    if every:
        return values
    known = ~jnp.isnan(values)
    defined = jnp.where(known, values, 0.0)
    terms = (known, defined, defined * defined, defined > 0.0)
    return jnp.stack([jnp.sum(one, axis=1, dtype=float) for one in terms], axis=1)


def _simulate(steps: Steps, draws: int, every: bool, key, given):
    """One chunk of draws: what is handed out of the static stage and of each year."""
    static, yearly = steps.slots

    def drawn(some: Sequence[Step], numbers, key):
        """Random numbers by slot: the given ones, or new ones."""
        if numbers is not None:
            return numbers
        keys, found = jax.random.split(key), {}
        for is_normal, draw in enumerate((jax.random.uniform, jax.random.normal)):
            slots = [one.slot for one in some if one.slot >= 0 and one.is_normal == is_normal]
            found |= zip(slots, draw(keys[is_normal], (len(slots), draws)), strict=True)
        return found

    start, moving = jax.random.split(key)
    fixed = dict(steps.constants)
    numbers = drawn(steps.static, None if given is None else given[:static], start)
    kept = _do(steps.static, steps.shown, fixed, numbers, [None] * len(steps.static), 0)

    def one_year(only_prices: bool, states, line):
        some = steps.yearly[: steps.prices] if only_prices else steps.yearly
        rows = fixed | states
        numbers = None if given is None else line["given"]
        year = jnp.float64(steps.first_year) + line["line"]
        numbers = drawn(steps.yearly, numbers, jax.random.fold_in(moving, line["line"]))
        kept = _do(some, steps.shown_yearly, rows, numbers, line["tables"][: len(some)], year)
        shown = None if only_prices else _handed_out(kept, draws, every)
        return {row: rows[row] for row in states}, shown

    lines = {"line": jnp.arange(steps.years), "tables": [step.table for step in steps.yearly]}
    if given is not None:
        lines["given"] = given[static:].reshape(steps.years, yearly, draws)
    states = {row: jnp.full(draws, value) for row, value in steps.states.items()}
    before, after = (
        jax.tree.map(lambda one, part=part: one[part], lines)
        for part in (slice(0, steps.lead), slice(steps.lead, None))
    )
    if steps.lead:
        states, _ = lax.scan(partial(one_year, True), states, before)
    _, shown = lax.scan(partial(one_year, False), states, after)
    return _handed_out(kept, draws, every), shown


class Model:
    """Programs, compiled when they first run.

    Parameters
    ----------
    programs : sequence of Steps
    chunk : int
        Draws computed at a time.
    """

    def __init__(self, programs: Sequence[Steps], chunk: int) -> None:
        self._programs, self._chunk = programs, chunk
        self._compiled = [jax.jit(partial(_simulate, one, chunk, False)) for one in programs]

    def totals(
        self, draws: int, seed: int, given: Sequence[np.ndarray] | None = None
    ) -> np.ndarray:
        """The sums of each output, (output, SUMS); draws are a multiple of a chunk."""
        if draws % self._chunk:
            raise ValueError(f"draws must be a multiple of {self._chunk}, not {draws}")
        found = []
        for k, (steps, run) in enumerate(zip(self._programs, self._compiled, strict=True)):
            numbers = None if given is None else given[k]
            parts = self._sum(run, jax.random.key(seed), draws, numbers)
            found.append(_ordered(steps, parts, (steps.outputs, SUMS), 0.0))
        return np.vstack(found)

    def _sum(self, run: Callable[..., Any], key, draws: int, given):
        total = None
        for number, first in enumerate(range(0, draws, self._chunk)):
            numbers = None if given is None else given[:, first : first + self._chunk]
            found = run(key=jax.random.fold_in(key, number), given=numbers)
            total = found if total is None else jax.tree.map(jnp.add, total, found)
        return total

    def values(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """Every value of every draw under given random numbers, (output, draw)."""
        found = []
        for steps, numbers in zip(self._programs, given, strict=True):
            draws = numbers.shape[1]
            run = jax.jit(partial(_simulate, steps, draws, True))
            parts = run(key=jax.random.key(0), given=jnp.asarray(numbers))
            found.append(_ordered(steps, parts, (steps.outputs, draws), np.nan))
        return np.vstack(found)


def _ordered(steps: Steps, parts, shape: tuple[int, int], undefined: float) -> np.ndarray:
    """What was handed out, in the order of the output."""
    fixed, shown = (np.asarray(one) for one in parts)
    out = np.full(shape, undefined)
    out[steps.shown.out[0]] = fixed
    where = steps.shown_yearly.out[steps.lead :]
    out[where[where >= 0]] = shown[where >= 0]
    return out
