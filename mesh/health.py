"""`/livez`, `/readyz` and `/metrics` of one worker process. Lag never fails liveness."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from prometheus_client import generate_latest

if TYPE_CHECKING:
    from mesh.run import Process

READ_LIMIT = 8_192
READ_TIMEOUT_S = 5.0
TEXT, JSON = "text/plain; version=0.0.4; charset=utf-8", "application/json"


class Health:
    """A plain HTTP/1.0 answerer on the loopback: three fixed paths, no body is read."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", port, limit=READ_LIMIT)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def ready(self) -> dict[str, object]:
        """What readiness rests on: lanes claimed, none halted, the database's word read at claim."""
        lanes = self._process.engine.lanes.values()
        halted = [f"{lane.topic}/{lane.partition}: {lane.halted}" for lane in lanes if lane.halted]
        return {"ready": self._process.feed.assigned and not halted, "lanes": len(lanes), "halted": halted}

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), READ_TIMEOUT_S)
            path = line.split(b" ")[1].decode("ascii", "replace") if line.count(b" ") >= 2 else ""
            status, kind, body = self._page(path)
            head = (
                f"HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # the asker went away or sent no request line; nobody is left to tell
        finally:
            writer.close()

    def _page(self, path: str) -> tuple[str, str, bytes]:
        if path == "/livez":
            return "200 OK", JSON, b'{"live":true}'
        if path == "/readyz":
            state = self.ready()
            return ("200 OK" if state["ready"] else "503 Service Unavailable"), JSON, msgspec.json.encode(state)
        if path == "/metrics":
            return "200 OK", TEXT, generate_latest(self._process.metrics.registry)
        return "404 Not Found", JSON, b'{"error":"there are /livez, /readyz and /metrics"}'
