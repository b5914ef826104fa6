"""The tests; a package, so that no installed ``tests`` takes its name."""
