"""One file per deed: loading a city folder as a new version."""
