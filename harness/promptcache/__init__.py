"""The provider's prompt cache as a pure state machine: simulate, explain, diagnose, refuse."""
