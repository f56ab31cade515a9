"""Measures the mesh against what bounds it (COPY of the same rows) and against a plain per-message worker.

Top of the house: imports every room, is imported by none, and changes nothing outside its own databases and topics.
"""
