"""Feature networks by name, the features that they gave, and how images are brought to size."""
