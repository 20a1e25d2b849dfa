"""Projects of other shapes than ours, each tried from its first run to its first red build."""
