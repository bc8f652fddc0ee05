"""One file per command of `cityloom`; the file's first line is the help that the list shows."""
