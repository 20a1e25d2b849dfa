"""Suites: prompts in versions, run over cases of fixtures, the calls of each case made by its plan and checked."""
