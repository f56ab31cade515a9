"""`python -m operators`: the command line."""

from __future__ import annotations

import sys

from operators.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
