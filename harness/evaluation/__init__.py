"""The quality of answers: checks, judges, samples, and the comparison of prompt versions."""
