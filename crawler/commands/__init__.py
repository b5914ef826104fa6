"""The verbs of ``python -m crawler``."""
