"""Answers to customers of the shop."""
