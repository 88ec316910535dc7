"""The kernel of one operation of the tape, written from the table of operations.

The parameters of a formula say what it is given. A formula of numbers is applied in each draw: its
parameters are inputs, numbers and columns by their names in the table, `year`, and `kept`, the
value of the own row before. One whose first parameter is `rows` writes whole rows and may also
take

`out`
    The row to write; inputs, states and other outputs are row numbers as well, `...` an array.
`u`
    A row of uniform numbers of the operation's stream.
`inputs`, `numbers`, `line`, `table`
    All rows read or carried, all numbers, the year's columns, the whole table.
`year`, `at_line`, `first_draw`, `central`, `tape`, `i`
    The year, its line in tables, the first draw of the block, whether it is the central case, the
    tape and the place on it.

An operation that is not in the table is an error, as its row would hold another node's values.
"""

from __future__ import annotations

import importlib
import inspect
import linecache
from collections.abc import Callable
from typing import Any, Final

from simcore.kernels.draws import design_row
from simcore.kernels.jit import inlined, part
from simcore.kernels.operations import OPERATIONS, Operation

_ROWS, _NUMBERS = "inputs[at : inputs_at[i + 1]]", "numbers[number : numbers_at[i + 1]]"
_GIVEN: Final = {
    **{name: name for name in
       ("rows", "out", "year", "at_line", "central", "first_draw", "tape", "i")},
    "u": "0", "inputs": _ROWS, "numbers": _NUMBERS, "table": "table[entry : table_at[i + 1]]",
    "line": "table[line : line + tape.columns[i]]",
}  # fmt: skip
_HEAD: Final = """@part
def run_operation(tape, i, rows, at_line, year, first_draw, central):
    table, inputs, numbers = tape.table, tape.inputs, tape.numbers
    inputs_at, numbers_at, table_at = tape.inputs_at, tape.numbers_at, tape.table_at
    code, out = tape.code[i], tape.out[i]
    at, number, entry = inputs_at[i], numbers_at[i], table_at[i]
    line = entry + tape.columns[i] * at_line
    if code == 0:
        pass
"""
_LOOP: Final = """@inlined
def row_{code}({parameters}):
    for j in range(rows.shape[1]):
        rows[out, j] = formula_{code}({values})
"""
_TAIL: Final = """    else:
        raise ValueError("a tape holds an operation that the kernel does not know")
"""


def _formula(operation: Operation) -> Callable[..., Any]:
    """The compiled formula of an operation."""
    if not isinstance(operation.formula, str):
        return inlined(operation.formula)
    module, _, name = operation.formula.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(f"simcore.kernels.{module}"), name)
    return found


def _places(names: tuple[str, ...], array: str, start: str, end: str) -> dict[str, str]:
    """Expression of each name in a flat array, up to the first `...` that is not the last."""
    found: dict[str, str] = {}
    for position, name in enumerate(names):
        if not name.endswith("..."):
            found[name] = f"{array}[{start} + {position}]"
        elif position == len(names) - 1:
            found[name.removesuffix("...")] = f"{array}[{start} + {position} : {end}]"
        else:
            break
    return found


def parameters_of(operation: Operation) -> list[str]:
    """Names of the parameters of a formula."""
    formula = _formula(operation)
    return list(inspect.signature(getattr(formula, "py_func", formula)).parameters)


def branch(code: int, operation: Operation, parameters: list[str]) -> tuple[str, str]:
    """The branch of an operation, and the loop over the draws that a formula of numbers needs.

    Raises
    ------
    ValueError
        The formula asks for what the table does not state.
    """
    carried, by_name = operation.carried, dict(_GIVEN)
    rows = _places(operation.inputs, "inputs", "at", f"inputs_at[i + 1] - {len(carried)}")
    rows |= {name: f"inputs[inputs_at[i + 1] - {len(carried) - place}]"
             for place, name in enumerate(carried)}  # fmt: skip
    by_name |= rows
    by_name |= _places(operation.numbers, "numbers", "number", "numbers_at[i + 1]")
    by_name |= _places(operation.columns, "table", "line", "line + tape.columns[i]")
    if operation.pool:
        by_name[operation.pool] = _GIVEN["table"]
    clashing = {*operation.names, *carried} & _GIVEN.keys()
    if clashing:
        raise ValueError(f"operations: {operation.name} names {clashing}, which mean another thing")
    unknown = [one for one in parameters if one not in by_name and one != "kept"]
    if unknown:
        raise ValueError(f"operations: the formula of {operation.name} asks for {unknown}")
    head, loop, name = "", "", f"formula_{code}"
    if parameters[0] != "rows":
        values = [f"rows[{one}, j]" if one in rows else "rows[out, j]" if one == "kept" else one
                  for one in parameters]  # fmt: skip
        parameters = ["rows", "out", *(one for one in parameters if one != "kept")]
        name = f"row_{code}"
        loop = _LOOP.format(code=code, parameters=", ".join(parameters), values=", ".join(values))
    if "u" in parameters:
        step = "year"
        if "steps" in operation.numbers:
            step = f"year * int({by_name['steps']}) + int({by_name['step']})"
        head = f"        design_row(tape, i, first_draw, {step}, rows[0])\n"
    call = f"        {name}({', '.join(by_name[one] for one in parameters)})\n"
    return f"    elif code == {code}:\n{head}{call}", loop


def _written() -> dict[str, Any]:
    """The names of the module that holds `run_operation`, made from the table as it now stands."""
    scope: dict[str, Any] = {"design_row": design_row, "inlined": inlined, "part": part}
    loops, branches = [], [_HEAD]
    for code, operation in enumerate(OPERATIONS.values()):
        if not operation.formula:
            continue
        scope[f"formula_{code}"] = _formula(operation)
        written, loop = branch(code, operation, parameters_of(operation))
        branches.append(written)
        loops.append(loop)
    text, name = "".join((*loops, *branches, _TAIL)), "<operations>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), scope)
    return scope


run_operation: Final = _written()["run_operation"]
"""Run operation i of a tape: (tape, i, rows, at_line, year, first_draw, central)."""
