"""What the API refuses, in its words: requests of a wrong structure, and what a model does not support."""
