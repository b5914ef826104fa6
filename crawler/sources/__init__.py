"""Where pictures come from: one small file a site."""
