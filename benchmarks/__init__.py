"""Measurements: the package beside the same model in other languages, on the same work.

`python -m benchmarks` checks that all agree draw by draw, then times them and prints one table.
`cases` holds the models, `peers` the other implementations, `agreement` and `languages` the checks,
`work` and `totals` what is timed, `measures` and `growth` the rows of the table, `processes` what
needs a fresh process, and `suites` the same works for asv.

The NumPy model is written from the equations alone. Those in C, numba and JAX take the tape of a
program, that is which rows there are in which order, and have formulas of their own.
"""
