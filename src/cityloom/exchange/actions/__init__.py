"""What brings the records of another system in: one file per action, named by its verb."""
