"""Customize a resume for a job, in three phases."""
