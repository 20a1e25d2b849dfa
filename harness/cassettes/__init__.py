"""Recorded interactions on disk: format, store, scrubbing, exchange with vcrpy, hygiene."""
