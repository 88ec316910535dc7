"""Operations that are compiled one by one and called by their address.

All have the same arguments. The rows and the tape reach them by a reference, as a hundred numbers
on the way to each row would cost as much as the row.
"""

from __future__ import annotations

from typing import Any, Final

import numba
from llvmlite import ir
from numba.core import cgutils, types

from simcore.kernels import interpreted
from simcore.kernels.jit import IS_INTERPRETED, primitive

OPERATION: Final = (types.uint64, *(types.int64,) * 4, types.boolean)
"""Types of the arguments of an operation: bench, place on the tape, line of its tables, year, first
draw, whether it is the central case."""


def entry(compiled: Any) -> int:
    """Address of an operation for `call`; its machine code is read, or compiled."""
    if IS_INTERPRETED:
        return interpreted.lend(compiled)
    compiled.compile(OPERATION)
    result = compiled.overloads[OPERATION]
    address: int = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return address


@primitive
def reference(_typing, bench):
    """Return where a copy of a bench lies until the caller returns (uint64)."""

    def generate(context, builder, signature, arguments):
        place = cgutils.alloca_once(builder, context.get_value_type(signature.args[0]))
        _spread(builder, place, arguments[0])
        return builder.ptrtoint(place, ir.IntType(64))

    if bench != _bench_type():
        raise numba.core.errors.TypingError(f"a bench is needed: {bench}, not {_bench_type()}")
    return types.uint64(bench), generate


@primitive
def contents(_typing, place):
    """Return the bench of which `reference` has told the place, as `borrowed` would."""

    def generate(context, builder, signature, arguments):
        kind = context.get_value_type(signature.return_type)
        value = _gathered(builder, builder.inttoptr(arguments[0], kind.as_pointer()), kind)
        return _without_owner(context, builder, signature.return_type, value)

    return _bench_type()(types.uint64), generate


@primitive
def call(_typing, entry, bench, i, at_line, year, first_draw, central):
    """Call an operation by its address; see `entry`."""

    def generate(context, builder, signature, arguments):
        kinds, convention = signature.args[1:], context.call_conv
        callee = convention.get_function_type(types.none, kinds).as_pointer()
        status, _ = convention.call_function(
            builder, builder.inttoptr(arguments[0], callee), types.none, kinds, arguments[1:]
        )
        with cgutils.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(types.uint64, *OPERATION), generate


def _bench_type():
    from simcore.kernels.tape import empty_bench

    return numba.typeof(empty_bench())


def _spread(builder, place, value, *path):
    """Store each number of a tuple by itself, as LLVM knows tuples badly."""
    if isinstance(value.type, (ir.LiteralStructType, ir.ArrayType)):
        for at in range(len(value.type)):
            _spread(builder, place, builder.extract_value(value, at), *path, at)
    else:
        where = [ir.IntType(32)(at) for at in (0, *path)]
        builder.store(value, builder.gep(place, where, inbounds=True))


def _gathered(builder, place, kind, *path):
    """Load what `_spread` has stored."""
    if isinstance(kind, (ir.LiteralStructType, ir.ArrayType)):
        value = ir.Constant(kind, ir.Undefined)
        for at, one in enumerate(kind.elements):
            value = builder.insert_value(value, _gathered(builder, place, one, *path, at), at)
        return value
    where = [ir.IntType(32)(at) for at in (0, *path)]
    return builder.load(builder.gep(place, where, inbounds=True))


@primitive
def borrowed(_typing, value):
    """Return an array, or a tuple of arrays, that does not count its references.

    Every slice, and every array handed to another kernel, counts a reference up and down by atomic
    operations, which cost as much as a row of formulas. Whoever called the kernel holds the arrays
    until it returns, so within it nobody need count.
    """

    def generate(context, builder, signature, arguments):
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), generate


def _without_owner(context, builder, kind, value):
    """The value with the owner of each array in it set to null."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = context.get_constant_null(types.MemInfoPointer(kind.dtype))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for place, item in enumerate(kind):
            inner = builder.extract_value(value, place)
            inner = _without_owner(context, builder, item, inner)
            value = builder.insert_value(value, inner, place)
    return value
