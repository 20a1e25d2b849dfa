"""Facts about the API as data with source and date: models, parameters, limits, prices."""
