"""The commands: each parses its flags and calls the library; ``anime-gan NAME`` is their door."""
