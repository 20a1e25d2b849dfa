"""The SDK wants a key when a request is made; no request of a test leaves the machine."""

import os

os.environ.setdefault("ANTHROPIC_API_KEY", "unused")
