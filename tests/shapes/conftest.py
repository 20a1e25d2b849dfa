"""The projects are data: their tests run in copies of them."""

collect_ignore_glob = ["*/*"]
