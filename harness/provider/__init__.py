"""Facts about the provider's API: models, token frames, prices. Data with source and date."""
