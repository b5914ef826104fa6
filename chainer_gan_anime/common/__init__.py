"""What all algorithms share: nets, losses, the training step, its levers, workers, tags."""
