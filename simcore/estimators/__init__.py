"""Estimators of what makes an outcome uncertain: arrays in, numbers out, no run behind them."""
