"""Whether a builder gives the same prefix every time: taint, rebuilds, verdicts."""
