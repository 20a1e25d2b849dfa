"""Whether the tests would notice: put busts into requests, and report the outcome."""
