"""Open311 GeoReport v2: other programs report to the city and follow it, and the city to other servers."""
