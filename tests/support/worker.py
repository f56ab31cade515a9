"""Runs one worker by its name with the settings of the environment: what a test kills."""

from __future__ import annotations

import importlib
import os
import sys

from mesh.config import Config
from mesh.run import run_worker

if __name__ == "__main__":
    worker = importlib.import_module(f"consumers.{sys.argv[1]}.worker").WORKER
    sys.exit(
        run_worker(
            worker,
            Config(
                bootstrap=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
                database_url=os.environ["DATABASE_URL"],
                instance=os.environ["CORALSERVE_INSTANCE"],
                topic_prefix=os.environ["CORALSERVE_TOPIC_PREFIX"],
                failpoint=os.environ["CORALSERVE_FAILPOINT"],
                session_timeout_ms=int(os.environ["CORALSERVE_SESSION_TIMEOUT_MS"]),
            ),
        )
    )
