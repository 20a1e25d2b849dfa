"""The provider's prompt cache as a pure state machine: simulator, explanation, diagnostics, validation."""
