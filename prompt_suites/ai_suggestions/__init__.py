"""Suggests single changes to a resume, as JSON."""
