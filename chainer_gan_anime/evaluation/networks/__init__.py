"""Feature networks and how their weights are read."""
