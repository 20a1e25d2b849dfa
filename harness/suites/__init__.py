"""Suites: prompt versions run over cases, with a plan of calls and checks for each case."""
