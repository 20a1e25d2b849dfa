"""What must hold of a suite before it may be merged: the checks behind the red build."""
