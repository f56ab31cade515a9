"""`worker run`: one worker process, as a container would run it."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Annotated

import typer

from operators import addresses, logs, workers
from operators.settings import Settings

MAX_INSTANCES = 64
app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Run workers one by one."""


@app.command("list")
def list_workers() -> None:
    """List the workers of this checkout."""
    print("\n".join(workers.names()))


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="The worker's name, such as inventory.")],
    instances: Annotated[int, typer.Option(min=1, max=MAX_INSTANCES, help="Processes sharing the partitions.")] = 1,
    instance: Annotated[str, typer.Option(help="Identity of this process within the group.")] = "0",
) -> None:
    """Run one worker until SIGTERM or SIGINT.

    Example:

      ./coralserve worker run inventory --instances 2
    """
    settings = Settings.read()
    worker = workers.load(name)
    if instances > 1:
        raise typer.Exit(_many(name, instances))
    logs.configure(settings)
    from mesh.config import Config
    from mesh.run import run_worker

    config = Config(
        bootstrap=addresses.bootstrap(settings),
        database_url=addresses.service_url(settings, name),
        instance=instance,
        topic_prefix=settings.topic_prefix,
        kafka_security=settings.kafka_security,
        health_port=settings.health_port,
        failpoint=settings.failpoint,
    )
    raise typer.Exit(run_worker(worker, config))


def _many(name: str, instances: int) -> int:
    """Processes side by side; all end when one does or when this one is told to."""
    from deploy.local.child import launched
    from deploy.local.identity import OURSELVES

    command = [sys.executable, "-m", "operators", "worker", "run", name, "--instance"]
    processes = [subprocess.Popen(launched([*command, str(n)], OURSELVES, signal.SIGTERM)) for n in range(instances)]
    try:
        return max(process.wait() for process in processes)
    except KeyboardInterrupt:
        return 130
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
