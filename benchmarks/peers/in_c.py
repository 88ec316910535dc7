"""The full model in C: blocks of 256 draws, a plain loop a formula, compiled on the spot by gcc.

The formulas stand in `formulas.c`; the steps of the programs are written out as calls of them.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.peers.tape import SUMS, Shown, Step, Steps, look_up, table_columns, unknown_marginal
from simcore.kernels import marginal_form
from simcore.kernels.normal_tables import INVERSE_NORMAL
from simcore.kernels.operations import BLOCK

PEER = "C"
FORMULAS = Path(__file__).with_name("formulas.c")
PLAIN = ("-O3", "-march=native")
# NaN means undefined here, so this one promise of -ffast-math cannot be given.
FAST = (*PLAIN, "-ffast-math", "-fno-finite-math-only")
WIDE = (*FAST, "-mprefer-vector-width=512")

# {o} is the row written, {x[i]} a row read, {c[i]} a constant, {t} the year's line of the table.
CALLS: dict[str, str | Callable[..., str]] = {
    "PRODUCT": "product({o}, {x[0]}, {x[1]});",
    "SUM": "sum({o}, {x[0]}, {x[1]});",
    "DIFFERENCE": "difference({o}, {x[0]}, {x[1]});",
    "QUOTIENT": "quotient({o}, {x[0]}, {x[1]});",
    "SCALED": "scaled({o}, {x[0]}, {c[0]});",
    "SMALLER": "smaller_of({o}, {x[0]}, {x[1]});",
    "CAPITAL_RECOVERY": "capital_recovery({o}, {x[0]}, {x[1]}, {c[0]});",
    "LOG_GROWTH": "log_growth({o}, {x[0]});",
    "DECAY": "decay({o}, {x[0]});",
    "STEP_SPREAD": "step_spread({o}, {x[0]}, {x[1]});",
    "PATH": "path({o}, {x_all}, {c_all}, {t}, year);",
    "RESPONSE": "response({o}, {x_all}, {t});",
    "AT_BOUND": "at_bound({o}, {x_all}, {t});",
    "WHERE": "where({o}, {x_all}, {c[0]});",
    "LABELLED": "labelled({o}, {x_all});",
    "LEARNING_EXPONENT": "learning_exponent({o}, {x[0]});",
    "LEARNING": "learning({o}, {x[0]}, {x[1]}, {x[2]}, {t});",
    "ELECTROLYSER": "electrolyser({o}, {x_all}, {c[0]});",
    "HYDROGEN": "hydrogen({o}, {x_all});",
    "CHARGED": "exposure({o}, {x_all});",
    "CHARGED_WITH_PRECURSORS": "border_exposure({o}, {x_all});",
    "SHUFFLED": "shuffled({o}, {x[0]}, {c[0]}, {c[1]});",
    "CHARGED_AT_BORDER": "cbam_exposure({o}, {x_all});",
    "PAID": "paid({o}, {x[0]}, {x[1]});",
    "CBAM": "cbam({o}, {x_all});",
    "NETTED": "netted({o}, {x_all});",
    "NETTED_WITH_CREDIT": "netted_with_credit({o}, {x_all});",
    "GROSS_VALUE": "gross({o}, {x_all});",
    "RATIO": "ratio({o}, {x[0]}, {x[1]});",
    "BREAK_EVEN_HOME": "break_even_home({o}, {x_all});",
    "BREAK_EVEN_BORDER": "break_even_border({o}, {x_all});",
    "NOT_POSITIVE": "not_positive({o}, {x[0]});",
    "CROSSOVER": "crossover({o}, {x[0]}, {c[0]}, year);",
    "CHEAPEST": "cheapest({o}, {x_list}, {count}, {c_list}, year);",
    "LEVELISED": "levelised({o}, {x_list}, {count}, {c_list});",
    "NORMAL": "draw_normal({o}, &from, {slot});",
}


def _linear(step: Step, o: str, x: list[str], t: str) -> str:
    first, *rest = zip(x, step.numbers, strict=True)
    calls = [f"scaled({o}, {first[0]}, {_number(first[1])});"]
    calls += [f"scaled_onto({o}, {row}, {_number(weight)});" for row, weight in rest]
    return " ".join(calls)


def _accumulated(step: Step, o: str, x: list[str], t: str) -> str:
    return f"discounted({o}, {x[0]}, {x[1]}, {t});" if len(x) > 1 else f"flat({o}, {x[0]}, {t});"


def _timeline(step: Step, o: str, x: list[str], t: str) -> str:
    count = len(step.numbers) // 2
    return f"timeline({o}, {_rows(x)}, {count}, {_numbers(step.numbers)}, {t});"


def _chosen(step: Step, o: str, x: list[str], t: str) -> str:
    return f"picked({o}, {_rows(x)}, {len(x) - 1});"


def _factor(step: Step, o: str, x: list[str], t: str) -> str:
    """Random numbers are drawn into one of the two rows that a program keeps free for them."""
    p = [_number(one) for one in step.parameters]
    if step.kind == marginal_form.CONSTANT:
        return f"constant({o}, {p[0]});"
    if not x:
        drawn = f"draw_{'normal' if step.is_normal else 'uniform'}(r[0], &from, {step.slot}); "
    elif step.is_normal:
        drawn = f"memcpy(r[0], {x[0]}, sizeof r[0]); "
    else:
        drawn = f"normal_cdf(r[0], {x[0]}); "
    if step.kind == marginal_form.UNIFORM:
        return f"{drawn}uniform_between({o}, r[0], {p[0]}, {p[1]});"
    if step.kind == marginal_form.TRIANGULAR:
        return f"{drawn}triangular({o}, r[0], {', '.join(p[:5])});"
    if step.kind == marginal_form.NORMAL:
        return f"{drawn}normal_about({o}, r[0], {p[0]}, {p[1]});"
    if step.kind == marginal_form.LOGNORMAL:
        return f"{drawn}lognormal({o}, r[0], {p[0]}, {p[1]}, {p[2]});"
    if step.kind == marginal_form.SPLIT_LOGNORMAL:
        return f"{drawn}split_lognormal({o}, r[0], {p[0]}, {p[1]}, {p[2]});"
    if step.kind == marginal_form.DISCRETE:
        count = int(step.parameters[0])
        thresholds = _numbers([*step.table[: count - 1], 1.0])
        values = _numbers(step.table[count - 1 : 2 * count - 1])
        return f"{drawn}discrete({o}, r[0], {count}, {thresholds}, {values});"
    if step.kind == marginal_form.TABLE and step.parameters[0] == 1:
        # Two bounds of its one piece come first.
        table = ", ".join(map(_number, step.table[2:]))
        return (
            f"{drawn}{{ static const double table[] = {{{table}}}; "
            f"tabulated({o}, r[0], table, {marginal_form.TABLE_LENGTH}); }}"
        )
    raise unknown_marginal(step, PEER)


CALLS |= {
    "LINEAR": _linear,
    "ACCUMULATED": _accumulated,
    "DISCOUNTED": _accumulated,
    "TIMELINE": _timeline,
    "CHOSEN": _chosen,
    "FACTOR": _factor,
}


def _number(value: float) -> str:
    if np.isfinite(value):
        return float(value).hex()
    return "NAN" if np.isnan(value) else f"{'-' if value < 0.0 else ''}__builtin_inf()"


def _numbers(values: Sequence[float]) -> str:
    return f"(const double[]){{{', '.join(_number(one) for one in values)}}}"


def _rows(rows: Sequence[str]) -> str:
    return f"(const double *const[]){{{', '.join(rows)}}}"


def _call(step: Step, column: int) -> str:
    form = look_up(CALLS, step, PEER)
    o, x, t = f"r[{step.out}]", [f"r[{row}]" for row in step.inputs], f"(t[line] + {column})"
    if not isinstance(form, str):
        return form(step, o, x, t)
    c = [_number(one) for one in step.numbers]
    return form.format(
        o=o,
        x=x,
        c=c,
        t=t,
        x_all=", ".join(x),
        c_all=", ".join(c),
        x_list=_rows(x),
        c_list=_numbers(step.numbers),
        count=len(c),
        slot=step.slot,
    )


def source(programs: Sequence[Steps]) -> str:
    """The programs as C text: functions run_0, run_1, ... and the formulas they call."""
    rows = max(one.rows for one in programs)
    lines = [
        FORMULAS.read_text(encoding="utf-8"),
        _SOURCE,
        f"static double r[{rows}][N] __attribute__((aligned(64)));",
    ]
    for number, steps in enumerate(programs):
        lines += _program(number, steps)
    return "\n".join(lines) + "\n"


_SOURCE = """
/* Where random numbers come from: the given ones, or the generator. */
typedef struct { Generator g; const double *given; int64_t draws, slot; } Source;

static int is_given(double *o, Source *from, int64_t slot)
{
    if (from->given)
        memcpy(o, from->given + (from->slot + slot) * from->draws, N * sizeof *o);
    return from->given != 0;
}
static void draw_uniform(double *o, Source *from, int64_t slot)
{
    if (!is_given(o, from, slot))
        uniform(o, &from->g);
}
static void draw_normal(double *o, Source *from, int64_t slot)
{
    if (!is_given(o, from, slot))
        normal(o, &from->g);
}
static void hand_out(const double *row, int out, double *totals, double *values, int64_t draws)
{
    if (out < 0)
        return;
    if (values)
        memcpy(values + out * draws, row, N * sizeof *row);
    else
        add_up(totals + 4 * out, row);
}
"""


def _program(number: int, steps: Steps) -> Iterator[str]:
    static, yearly = steps.slots
    columns, name = table_columns(steps), f"_{number}"
    if columns:
        table = np.hstack([step.table for step in steps.yearly])
        yield _array(f"double t{name}", table, _number)
    yield _array(f"int shown{name}", steps.shown.out, str)
    yield _array(f"int yearly{name}", steps.shown_yearly.out, str)
    yield (
        f"void run{name}(int64_t draws, uint64_t seed, const double *given, double *totals, "
        "double *values)\n{"
    )
    if columns:
        yield f"    const double (*t)[{max(table.shape[1], 1)}] = t{name};"
    yield from (f"    constant(r[{row}], {_number(v)});" for row, v in steps.constants.items())
    yield (
        "    for (int64_t draw = 0; draw < draws; draw += N) {\n"
        "    Source from = {seeded(seed + draw), given ? given + draw : 0, draws, 0};\n"
        "    double *here = values ? values + draw : 0;"
    )
    yield from (f"    constant(r[{row}], {_number(value)});" for row, value in steps.states.items())
    yield f"    const int *out = shown{name}[0];"
    yield from _handed_out(steps.shown, -1)
    for i, step in enumerate(steps.static):
        yield f"    {_call(step, 0)}"
        yield from _handed_out(steps.shown, i)
    yield (
        f"    for (int line = 0; line < {steps.years}; line++) {{\n"
        f"    const double year = {steps.first_year} + line;\n"
        f"    const int *out = yearly{name}[line];\n"
        f"    from.slot = {static} + line * {yearly};"
    )
    yield from _handed_out(steps.shown_yearly, -1)
    for i, step in enumerate(steps.yearly):
        if i == steps.prices:
            yield f"    if (line < {steps.lead}) continue;"
        yield f"    {_call(step, columns[i])}"
        yield from _handed_out(steps.shown_yearly, i)
    yield "    }\n    }\n}"


def _array(name: str, table: np.ndarray, written: Callable[..., str]) -> str:
    """A table as a constant of C; at least one column wide."""
    wide = table if table.shape[1] else np.full((len(table), 1), -1)
    lines = ("{" + ", ".join(map(written, line)) + "}" for line in wide.tolist())
    return f"static const {name}[{wide.shape[0]}][{wide.shape[1]}] = {{" + ",\n".join(lines) + "};"


def _handed_out(shown: Shown, step: int) -> Iterator[str]:
    return (f"    hand_out(r[{row}], out[{k}], totals, here, draws);" for k, row in shown.at(step))


class CompileError(RuntimeError):
    """gcc refuses the model."""


def missing() -> str | None:
    """Why the model cannot be compiled; None where it can."""
    return None if shutil.which("gcc") else "gcc is not installed"


class Model:
    """Programs, compiled.

    Parameters
    ----------
    programs : sequence of Steps
    options : sequence of str
        Options of gcc.

    Raises
    ------
    CompileError
        gcc refuses, as it does without glibc's vector mathematics; the message is its own.
    """

    def __init__(self, programs: Sequence[Steps], options: Sequence[str] = WIDE) -> None:
        self._programs = programs
        with tempfile.TemporaryDirectory() as folder:
            text, library = Path(folder) / "model.c", Path(folder) / "model.so"
            text.write_text(source(programs), encoding="utf-8")
            compiled = text.with_suffix(".o")
            steps = (
                [*options, "-fPIC", "-c", str(text), "-o", str(compiled)],
                # Apart from compiling: a link under -ffast-math would turn off subnormal numbers
                # in the whole process.
                ["-shared", str(compiled), "-o", str(library), "-lmvec", "-lm"],
            )
            for step in steps:
                done = subprocess.run(["gcc", "-std=gnu11", *step], capture_output=True, text=True)
                if done.returncode:
                    raise CompileError(f"gcc: {done.stderr[:500].strip()}")
            self._library = ctypes.CDLL(str(library))
        self._quantiles = np.load(INVERSE_NORMAL, allow_pickle=False)
        self._library.set_quantiles(_pointer(self._quantiles))

    def totals(
        self, draws: int, seed: int, given: Sequence[np.ndarray] | None = None
    ) -> np.ndarray:
        """The sums of each output, (output, SUMS); draws are a multiple of 256."""
        found = [np.zeros((one.outputs, SUMS)) for one in self._programs]
        for k, out in enumerate(found):
            self._run(k, draws, seed, given[k] if given else None, totals=out)
        return np.vstack(found)

    def values(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """Every value of every draw under given random numbers, (output, draw)."""
        draws = given[0].shape[1]
        found = [np.full((one.outputs, draws), np.nan) for one in self._programs]
        for k, out in enumerate(found):
            self._run(k, draws, 0, given[k], values=out)
        return np.vstack(found)

    def _run(self, number, draws, seed, given, totals=None, values=None) -> None:
        if draws % BLOCK:
            raise ValueError(f"draws must be a multiple of {BLOCK}, not {draws}")
        self._library[f"run_{number}"](
            ctypes.c_int64(draws),
            ctypes.c_uint64(seed),
            _pointer(given),
            _pointer(totals),
            _pointer(values),
        )


def _pointer(array: np.ndarray | None) -> ctypes.c_void_p | None:
    return None if array is None else ctypes.c_void_p(array.ctypes.data)
