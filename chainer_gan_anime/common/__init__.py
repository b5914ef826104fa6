"""What all algorithms share: nets, losses, the training step, data and its iterator."""
