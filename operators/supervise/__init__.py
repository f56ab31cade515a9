"""`up`: the servers, the crew of processes, and the order in which they come and go."""
