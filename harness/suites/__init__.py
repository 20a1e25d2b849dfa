"""Suites: prompts in versions, run over cases of fixtures, each case called twice and checked."""
