"""Findings of checks: their rules, advice and wording, and how they are merged and ranked."""
