"""The independent checker: folds the raw log and compares with the databases. Imports no worker, decides nothing."""
