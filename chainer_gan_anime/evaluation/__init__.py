"""Judges generators: features, scores against a floor, alarms."""
