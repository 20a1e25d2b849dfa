"""Does a builder give the same cached prefix every time: taint, perturbed rebuilds, and what they show."""
