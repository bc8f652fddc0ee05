"""The matter itself: reports, cases and tasks, their status tables, one file per action."""
