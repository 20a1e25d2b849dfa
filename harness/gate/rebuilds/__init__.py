"""Requests built again in processes of their own, each under one other condition."""
