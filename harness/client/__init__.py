"""The caching client: the prompt cache marked, whole responses kept in a local cache, savings tracked."""
