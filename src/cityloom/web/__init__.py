"""Pages by role, their templates and static files; no rules live here."""
