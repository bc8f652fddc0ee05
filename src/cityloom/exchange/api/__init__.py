"""REST under /api/v1: reports, cases, moves and master data as JSON, GeoJSON and CSV, for tokens tied to posts."""
