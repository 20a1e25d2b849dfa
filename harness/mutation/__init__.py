"""Whether the tests would notice: kinds of bust put into requests, and the outcome."""
