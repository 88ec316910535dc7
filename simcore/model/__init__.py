"""Equations as a graph: each function here makes the node of one quantity of docs/model.md."""
