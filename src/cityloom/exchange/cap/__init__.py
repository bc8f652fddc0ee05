"""Public warnings by CAP 1.2: read from others, written for everybody, with an index as Atom."""
