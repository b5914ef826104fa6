"""Images to learn from: data sets, the iterator over them, and the drawn sample set."""
