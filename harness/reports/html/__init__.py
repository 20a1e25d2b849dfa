"""The report of a run as one HTML page that opens from disk: no request, no foreign script."""
