"""One run, and what watches it: extensions look, write down and guard, and never change it."""
