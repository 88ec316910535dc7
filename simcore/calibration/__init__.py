"""From price histories to processes: fits, correlations of shocks, and out-of-sample tests.

`history` reads a CSV, `processes` and `unit_root` fit it, `blocks` writes what a config can use,
`correlation` compares several histories, and `backtest` scores a market of the catalog on the past.
"""
