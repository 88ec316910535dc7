"""The same model written by other means, as a check of correctness and a measure of speed."""
