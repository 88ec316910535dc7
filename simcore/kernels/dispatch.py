"""The kernel of each operation of the tape, written from the table of operations.

Each is compiled by itself, when a program first needs it, and `simulate` calls it by its address.

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
`lanes`
    Begin, end and step of the lanes that the rows hold; None: all of the block (`draws.draw_of`).

Here alone stands which lanes an operation goes through: formulas find them as the columns of their
rows, `rows.shape[1]` of them.
"""

from __future__ import annotations

import importlib
import inspect
import linecache
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.calls import contents, entry
from simcore.kernels.draws import design_row
from simcore.kernels.jit import inlined, is_of_package, kernel
from simcore.kernels.operations import OPERATIONS, Operation, code_of

_ROWS, _NUMBERS = "inputs[at : inputs_at[i + 1]]", "numbers[number : numbers_at[i + 1]]"
_GIVEN: Final = {
    **{name: name for name in
       ("rows", "out", "year", "at_line", "central", "first_draw", "lanes", "tape", "i")},
    "u": "0", "inputs": _ROWS, "numbers": _NUMBERS, "table": "table[entry : table_at[i + 1]]",
    "line": "table[line : line + tape.columns[i]]",
}  # fmt: skip
_LOOP: Final = """@inlined
def row_{name}({parameters}):
    for j in range(rows.shape[1]):
        rows[out, j] = formula({values})
"""
_ON_BLOCK: Final = """def operation_{name}(bench, i, at_line, year, first_draw, central):
    work = contents(bench)
    rows, tape, lanes = work.rows, work.tape, None
"""
_ON_LANES: Final = """def operation_{name}(
    rows, tape, i, at_line, year, first_draw, central, begin, end, step
):
    rows, lanes = rows[:, begin:end:step], (begin, end, step)
"""
_PLACES: Final = {
    "out": "tape.out[i]",
    "table": "tape.table",
    "inputs": "tape.inputs",
    "numbers": "tape.numbers",
    "table_at": "tape.table_at",
    "inputs_at": "tape.inputs_at",
    "numbers_at": "tape.numbers_at",
    "at": "inputs_at[i]",
    "number": "numbers_at[i]",
    "entry": "table_at[i]",
    "line": "entry + tape.columns[i] * at_line",
}
"""What the expressions of parameters are made of, in the order in which it can be computed."""


def _formula(operation: Operation) -> Callable[..., Any]:
    """The compiled formula of an operation."""
    if not isinstance(operation.formula, str):
        return inlined(operation.formula)
    module, _, name = operation.formula.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(f"simcore.kernels.{module}"), name)
    return found


def _python(compiled: Any) -> Callable[..., Any]:
    """The function of Python that is compiled."""
    found: Callable[..., Any] = getattr(compiled, "py_func", compiled)
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
    return list(inspect.signature(_python(_formula(operation))).parameters)


def written(operation: Operation, parameters: list[str], head: str = _ON_BLOCK) -> str:
    """The source of an operation, and of the loop over the draws that a formula of numbers needs.

    Raises
    ------
    ValueError
        The formula asks for what the table does not state.
    """
    name, carried, by_name = operation.name, operation.carried, dict(_GIVEN)
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
        raise ValueError(f"operations: {name} names {clashing}, which mean another thing")
    unknown = [one for one in parameters if one not in by_name and one != "kept"]
    if unknown:
        raise ValueError(f"operations: the formula of {name} asks for {unknown}")
    drawn, loop, called = "", "", "formula"
    if parameters[0] != "rows":
        values = [f"rows[{one}, j]" if one in rows else "rows[out, j]" if one == "kept" else one
                  for one in parameters]  # fmt: skip
        parameters = ["rows", "out", *(one for one in parameters if one != "kept")]
        called = f"row_{name}"
        loop = _LOOP.format(name=name, parameters=", ".join(parameters), values=", ".join(values))
    if "u" in parameters:
        step = "year"
        if "steps" in operation.numbers:
            step = f"year * int({by_name['steps']}) + int({by_name['step']})"
        drawn = f"    design_row(tape, i, first_draw, lanes, {step}, rows[0])\n"
    call = f"{drawn}    {called}({', '.join(by_name[one] for one in parameters)})\n"
    places = ""
    for place, value in reversed(_PLACES.items()):
        if re.search(rf"(?<![.\w]){place}\b", places + call):
            places = f"    {place} = {value}\n{places}"
    return loop + head.format(name=name) + places + call


def _function(operation: Operation, head: str = _ON_BLOCK) -> Callable[..., None]:
    """An operation, not yet compiled."""
    formula = _formula(operation)
    scope: dict[str, Any] = {
        "__name__": __name__, "formula": formula, "design_row": design_row, "contents": contents,
        "inlined": inlined,
    }  # fmt: skip
    text = written(operation, parameters_of(operation), head)
    name = f"<{operation.name}{' on lanes' if head is _ON_LANES else ''}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), scope)
    function: Callable[..., None] = scope[f"operation_{operation.name}"]
    return function


def on_lanes(name: str) -> Callable[..., None]:
    """An operation that is told its lanes by their begin, end and step; not compiled.

    Each lane may be run alone, by a thread of a GPU say: it makes for itself what a block makes
    once. Its arguments are rows, tape, place on it, line, year, first draw, central, then these.
    """
    return _function(OPERATIONS[name], _ON_LANES)


_MADE: Final[dict[str, tuple[Operation, Any]]] = {}
_ENTRIES: Final[dict[int, int]] = {}


def made(name: str) -> Any:
    """The kernel of an operation as the table now has it, not necessarily compiled."""
    known, found = _MADE.get(name, (None, None))
    if known is not OPERATIONS[name]:
        one = OPERATIONS[name]
        # What a formula from outside says can change in ways that no digest knows.
        found = kernel(_function(one), cached=is_of_package(_python(_formula(one))), made=True)
        _MADE[name] = one, found
    return found


def _entry(name: str) -> int:
    """Where the machine code of an operation begins, which is read or compiled."""
    compiled = made(name)
    if id(compiled) not in _ENTRIES:
        _ENTRIES[id(compiled)] = entry(compiled)
    return _ENTRIES[id(compiled)]


def entries(names: Iterable[str]) -> NDArray[np.uint64]:
    """By code, where the machine code of operations begins; 0 for all others."""
    found = np.zeros(len(OPERATIONS), np.uint64)
    for name in names:
        if OPERATIONS[name].formula:
            found[code_of(name)] = _entry(name)
    return found
