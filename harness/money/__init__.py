"""Money: what a prompt version costs by call, by traffic and against another version."""
