"""The network guard: what is refused while no real API may answer, and what child processes inherit."""
