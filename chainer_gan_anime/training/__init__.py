"""Trainer extensions: they look at a run, write it down and guard it, and never change it."""
