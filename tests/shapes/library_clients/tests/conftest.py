"""The libraries want a key when a client is made; no request of a test leaves the machine."""

import os

os.environ.setdefault("ANTHROPIC_API_KEY", "unused")
