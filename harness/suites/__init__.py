"""Suites: prompt versions run over cases; the plan of each case says which calls to make and what they must read."""
