"""One call of the Messages API: request, answer, usage."""
