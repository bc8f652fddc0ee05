"""What can be done with a report, a case or a task: one file per action, named by its verb."""
