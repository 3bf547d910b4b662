"""A Dask cluster as engine: somebody else starts it, with this program installed on every worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from pipeline.ports import EngineFailed

Shard = TypeVar("Shard")
Result = TypeVar("Result")

RETRIES = 2
"""Of a shard that raises; how often it may lose its worker is the cluster's setting (allowed-failures)."""


class DaskEngine:
    """A `ports.Engine` on the scheduler at an address such as tcp://host:8786."""

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler

    def map(self, work: Callable[[Shard], Result], shards: Sequence[Shard]) -> Iterator[Result]:
        """Yield results as they come. Raises EngineFailed."""
        try:
            with Client(self._scheduler) as client:
                futures = client.map(work, shards, pure=False, retries=RETRIES)
                yield from (result for _, result in as_completed(futures, with_results=True))
        except KilledWorker as error:
            raise EngineFailed(
                f"A shard took several workers of {self._scheduler} with it: {error}. "
                "Look at their logs; nothing is lost, the next run does what is missing."
            ) from error
        except OSError as error:
            raise EngineFailed(
                f"No Dask scheduler answers at {self._scheduler}: {error}. Start it, then run again."
            ) from error
