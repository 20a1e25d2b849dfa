"""The accepted prompts: lock file, comparison with what is built now, differences, unused entries."""
