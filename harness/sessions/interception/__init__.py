"""Requests of HTTP clients that are not ours, taken at the point where they would leave the process."""
