"""Measurements: the package beside the same model written in NumPy, on the same work.

`python -m benchmarks` checks that both agree draw by draw, then times them and prints one table.
`cases` holds the models, `peers` the other implementations, `agreement` the check, `work` what is
timed of each, `measures` the rows of the table and `processes` what needs a fresh process.
"""
