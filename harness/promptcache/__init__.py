"""The provider's prompt cache as a state machine. Pure: the clock is an argument."""
