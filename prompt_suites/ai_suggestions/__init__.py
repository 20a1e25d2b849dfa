"""Suggest single changes to a resume, as JSON."""
