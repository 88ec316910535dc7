"""Studies: many runs of one plan that together answer a question."""
