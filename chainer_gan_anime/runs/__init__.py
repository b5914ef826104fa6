"""What lies in a run's folder: the training writes it, everybody else reads it through here."""
