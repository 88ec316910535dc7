"""Run a plan: cut its graph into tiles of cells, simulate blocks of draws, keep what is asked."""
