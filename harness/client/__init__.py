"""The caching client: prompt cache marked, responses kept locally, savings tracked."""
