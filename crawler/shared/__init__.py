"""What both packages lean on: errors for users, whole files, locks."""
