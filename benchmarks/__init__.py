"""What the machine does: figures for the budgets, printed as a table and never asserted."""
