"""The recipe worker: what was sold, turned into the materials it took (R30–R36)."""
