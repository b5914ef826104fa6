"""The article's open questions, each as sets that differ in one thing and nets trained on them."""
