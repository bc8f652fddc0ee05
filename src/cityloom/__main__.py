"""`python -m cityloom` is the command `cityloom`."""

from cityloom.app.cli import main

if __name__ == "__main__":
    main(prog_name="cityloom")
