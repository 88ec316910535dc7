"""Deterministic compiled arithmetic: numpy and numba only, and nothing else of simcore."""
