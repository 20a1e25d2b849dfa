"""The caching client: marks the prompt cache, keeps responses in the local cache, tracks savings."""
