"""Pictures of runs: grids, strips, animations, plots."""
