"""What crosses the city limits as data: imports of history, replays of a record, example cities."""
