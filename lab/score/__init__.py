"""`score`: every version of the learner's crawler against the same hostile server, in one picture."""
