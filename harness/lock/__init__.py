"""The accepted prompts: lock file, comparison with the current requests, differences, unused entries."""
