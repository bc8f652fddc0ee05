"""What was opened and ended in an area, as a feed for readers (Atom) and for maps (GeoJSON)."""
