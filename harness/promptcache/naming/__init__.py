"""The name of the first difference between two prompts: its cause, its place, and what else changed."""
