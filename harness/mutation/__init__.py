"""Would the gate notice: each kind of bust put into requests, and what became of it."""
