"""The Messages API offline: a sans-IO core with a prompt cache, behind transports."""
