"""The offline kit: everything that a room without a network needs, in one folder for a stick."""
