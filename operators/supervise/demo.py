"""The demo within an `up`: opens the seeded chain, lets its tills sell, and prints the receipts of what follows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import structlog

from db.link import Link
from operators import workers
from operators.settled import Unfinished, wait_settled
from producers.demo import tills
from producers.demo.numbers import numbers
from producers.receipts.audit import AuditNumbers
from producers.receipts.follow import receipts
from producers.sender import Sender, SendError

RETRY_S = 2.0
OPENING_PATIENCE_S = 10.0
GRACE_STEPS = 60
GRACE_STEP_S = 0.05

log = structlog.get_logger()


class Demo:
    """Tills and receipts of one `up`."""

    def __init__(
        self, kafka: Mapping[str, Any], reader_url: str, *, home: Path, prefix: str, say: Callable[[str], None]
    ) -> None:
        self._bootstrap = str(kafka["bootstrap_servers"])
        self._security = {name: value for name, value in kafka.items() if name != "bootstrap_servers"}
        self._kafka = kafka
        self._reader_url = reader_url
        self._numbers = home / "run" / "next-transaction"
        self._prefix = prefix
        self._say = say
        self._printed = 0

    async def endless(self, *, rate: float, stop: asyncio.Event) -> None:
        """Sell until `stop`; a broker that is away is waited for. Raises what it did not expect."""
        printing = asyncio.create_task(self._persist(self._print, stop))
        selling = asyncio.create_task(self._persist(lambda: self._sell(rate, None, stop), stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((printing, selling, stopping), return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in (printing, selling) if task.done() and task.exception() is not None]
        stop.set()
        printing.cancel()
        await asyncio.gather(printing, selling, stopping, return_exceptions=True)
        for task in failed:
            task.result()

    async def finite(self, limit: int, *, rate: float, timeout_s: float, stop: asyncio.Event) -> int:
        """Sell `limit` sales, wait until they are handled, print the counts; returns the exit code."""
        printing = asyncio.create_task(self._print())
        sold = await self._sell(rate, limit, stop) if limit else 0
        left = await self._settle(timeout_s)
        await self._all_printed(sold)
        printing.cancel()
        await asyncio.gather(printing, return_exceptions=True)
        if stop.is_set():
            return 130
        if left:
            self._say("not finished: " + "; ".join(left.sentences()))
            return 1
        self._say(await self._counts(sold))
        return 0

    async def _sell(self, rate: float, limit: int | None, stop: asyncio.Event) -> int:
        async with Sender(self._bootstrap, security=self._security, prefix=self._prefix) as sender:
            await tills.open_chain(sender)
        await self._settle(OPENING_PATIENCE_S)
        return await tills.run(
            self._bootstrap,
            sales_limit=limit,
            rate=rate,
            numbers=numbers(self._numbers),
            security=self._security,
            stop=stop,
            prefix=self._prefix,
        )

    async def _settle(self, timeout_s: float) -> Unfinished:
        """Let what was published be handled: the first sale shall find its stock on the shelf."""
        return await wait_settled(
            self._kafka, self._reader_url, workers.load_all(), timeout_s=timeout_s, prefix=self._prefix
        )

    async def _print(self) -> None:
        numbered = AuditNumbers(Link(self._reader_url, "receipts"))
        stream: Any = receipts(self._bootstrap, security=self._security, audit_numbers=numbered, prefix=self._prefix)
        async with aclosing(stream):
            async for receipt in stream:
                self._printed += 1
                self._say(receipt.text())

    async def _all_printed(self, sold: int) -> None:
        """Let the last receipts come, for a moment at most: one may miss a part and be printed late."""
        for _ in range(GRACE_STEPS):
            if self._printed >= sold:
                return
            await asyncio.sleep(GRACE_STEP_S)

    async def _persist(self, work: Callable[[], Coroutine[Any, Any, object]], stop: asyncio.Event) -> None:
        """Run `work` again and again until `stop`: the demo outlives an outage of broker and database."""
        from aiokafka.errors import KafkaError
        from asyncpg import InterfaceError, PostgresError

        while not stop.is_set():
            try:
                await work()
            except (SendError, KafkaError, PostgresError, InterfaceError, OSError, TimeoutError) as error:
                self._say(f"demo waits: {error}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_S)

    async def _counts(self, sold: int) -> str:
        """What the databases hold now, by worker."""
        from operators.report import report

        rows = await report(self._kafka, self._reader_url, workers.load_all(), prefix=self._prefix)
        told = ", ".join(f"{row.worker} {row.handled}" for row in rows)
        parked, dead = sum(row.parked for row in rows), sum(row.dead for row in rows)
        return f"{sold} sales; events handled: {told}; parked {parked}, dead {dead}"
