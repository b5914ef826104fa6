"""Both sites as local servers, written from what was recorded of them, that can misbehave."""
