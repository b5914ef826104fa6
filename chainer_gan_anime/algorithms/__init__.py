"""The algorithms: the registry, the presets, and one folder each in upstream's shape."""
