"""Formulas of statistics and linear algebra on plain arrays, light to load; nothing of steel."""
