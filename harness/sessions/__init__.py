"""Ways to an answer for one test: replay, record, emulate, live, and other HTTP clients."""
