"""Recorded interactions on disk, and the transports that write and serve them."""
