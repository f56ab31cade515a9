"""What one run of the bench shall do, and what the house asks of its figures."""

from __future__ import annotations

from msgspec import Struct

SUITES = ("throughput", "latency", "memory", "profile", "all")
WORKERS = ("inventory", "recipe", "tax", "ledger", "audit")
RATE = 200
"""Sales a second of the steady load."""


class Plan(Struct, frozen=True):
    """Sizes of a run; `sales` are pre-published per worker and round."""

    suites: tuple[str, ...]
    workers: tuple[str, ...]
    rounds: int
    sales: int
    naive_sales: int
    seconds: int

    def wants(self, suite: str) -> bool:
        """Whether this suite is asked for."""
        return suite in self.suites or "all" in self.suites


class Target(Struct, frozen=True):
    """A figure the house asks for: at least, or at most."""

    name: str
    bound: float
    at_least: bool
    unit: str = ""

    def met(self, figure: float) -> bool:
        """Whether the figure passes."""
        return figure >= self.bound if self.at_least else figure <= self.bound


RATIOS = {
    "inventory": Target("inventory against COPY on one connection", 0.6, True),
    "recipe": Target("recipe against COPY on one connection", 0.9, True),
    "tax": Target("tax against COPY on one connection", 0.8, True),
    "ledger": Target("ledger against COPY on one connection", 0.55, True),
    "audit": Target("audit against COPY on one connection", 0.4, True),
}
ALL = Target("all five with relay against COPY of all rows on two connections", 0.45, True)
NAIVE = Target("inventory against the per-message worker", 80.0, True, "×")
LATENCY = Target("p99 publish to first-hop commit at 200 sales/s", 40.0, False, " ms")
MEMORY = Target("memory of the largest worker at 200 sales/s", 110.0, False, " MB")
