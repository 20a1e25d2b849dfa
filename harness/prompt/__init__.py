"""What a request is: blocks, fingerprints, token counts, differences. Pure functions on parsed JSON."""
