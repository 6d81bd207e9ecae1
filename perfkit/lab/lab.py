"""The lab as a notebook uses it: a database, a shop with faults, load, recordings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from perfkit.errors import LabError, UsageError
from perfkit.lab import server as servers
from perfkit.lab.shop import seed
from perfkit.lab.shop.faults import FAULTS, chosen
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.work import Work

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from perfkit.lab.drive import DriveSummary
    from perfkit.lab.recordings import Story
    from perfkit.lab.server import LabServer

__all__ = ["Lab", "start"]

CONTROL_S = 30.0


def start(*, scale: float = 1.0, shop: bool = True) -> Lab:
    """Start the lab, or join the one that runs: about ten seconds the first time.

    Args:
        scale: size of the shop's database; 1.0 is 20,000 users, 500,000 orders,
            1,500,000 order items (200 MB), 0.1 a tenth of that.
        shop: False starts the database alone.

    Raises:
        LabError: no PostgreSQL, no room, or a lab of another scale runs.
        MissingExtra: the packages of ``perfkit[lab]`` are not installed.

    Example:
        >>> with perfkit.lab.start(scale=0.1) as lab:  # doctest: +SKIP
        ...     lab.set_faults(n_plus_one=True)
        ...     lab.drive(requests=100)
    """
    from perfkit.lab import services

    sizes = Sizes.at(scale)
    if shop:
        services.check_packages()
    server = servers.start()
    try:
        with seed.locked(server):
            seed.ensure(server, sizes, alone=servers.status().clients <= 1)
            url = services.start_services(server, sizes) if shop else None
    except BaseException:
        server.release()
        raise
    return Lab(server, url)


class Lab:
    """One notebook's hold on the lab; others may hold the same one.

    Attributes:
        server: the embedded PostgreSQL.
    """

    def __init__(self, server: LabServer, url: str | None) -> None:
        """Take over ``server``; ``url`` is the shop's, None without one."""
        self.server = server
        self._url = url

    @property
    def url(self) -> str:
        """Return the shop's base URL, such as ``http://127.0.0.1:40123``.

        Raises:
            LabError: the lab was started without the shop.
        """
        if self._url is None:
            raise LabError("lab: the shop was not started", hint="perfkit.lab.start(shop=True)")
        return self._url

    @cached_property
    def engine(self) -> Engine:
        """Return a synchronous SQLAlchemy engine on the shop's database, as its superuser."""
        from sqlalchemy import create_engine

        arguments = {"application_name": "perfkit"}
        return create_engine(self.server.url(seed.DATABASE), connect_args=arguments)

    @property
    def recordings(self) -> Path:
        """Return the folder into which the shop writes its telemetry all the time."""
        from perfkit.lab.services import workplace

        return workplace(self.server)

    @property
    def faults(self) -> dict[str, bool]:
        """Return every fault with its state; `perfkit.lab.shop.faults.FAULTS` explains them."""
        return self._control("GET", "/_lab/faults")

    def set_faults(self, **states: bool) -> dict[str, bool]:
        """Switch faults on or off, for every holder of the lab; return all states.

        ``all=True`` or ``all=False`` switches every fault; names beside it are exceptions.

        Raises:
            UsageError: there is no such fault.

        Example:
            >>> lab.set_faults(all=False, n_plus_one=True)  # doctest: +SKIP
        """
        everything = states.pop("all", None)
        chosen(states)
        wanted = states if everything is None else dict.fromkeys(FAULTS, everything) | states
        if not wanted:
            raise UsageError("lab.set_faults: no fault is named", hint="n_plus_one=True, all=False")
        return self._control("POST", "/_lab/faults", wanted)

    @property
    def work(self) -> dict[str, float]:
        """Return how long the shop's own work takes; `perfkit.lab.shop.work.WORK` explains it."""
        return self._control("GET", "/_lab/work")

    def set_work(self, **values: float) -> dict[str, float]:
        """Set how long the shop's own work takes (ms), for every holder; return all values.

        Raises:
            UsageError: there is no such work, or it would take more than 10 s.

        Example:
            >>> lab.set_work(render_ms=60, fraud_check_ms=35)  # doctest: +SKIP
        """
        Work().change(values)
        return self._control("POST", "/_lab/work", values)

    def drive(
        self,
        *,
        routes: Mapping[str, float] | Iterable[str] | str | None = None,
        requests: int = 100,
        seconds: float = 60.0,
        concurrency: int = 4,
        rate: float | None = None,
        seed: int = 0,
    ) -> DriveSummary:
        """Send the shop a bounded load; the arguments are those of `perfkit.lab.drive.Load`.

        ``routes`` is a name such as ``"GET /orders"``, names, or names with their weights;
        None is all of them.

        Example:
            >>> lab.drive(requests=200, routes="GET /orders", concurrency=8)  # doctest: +SKIP
            DriveSummary(requests=200, failures=0, seconds=1.9, by_route={'GET /orders': 200})
        """
        from perfkit.lab.drive import Load, drive

        load = Load(
            routes=_weights(routes),
            requests=requests,
            seconds=seconds,
            concurrency=concurrency,
            rate=rate,
            seed=seed,
        )
        return drive(self.url, load)

    def record(
        self,
        directory: Path | str,
        *,
        faults: Iterable[str] | None = None,
        requests: int = 76,
        seconds: float = 12.0,
        seed: int = 0,
    ) -> Story:
        """Record a launch that goes wrong; see `perfkit.lab.recordings.record`."""
        from perfkit.lab.recordings import record

        return record(self, directory, faults=faults, requests=requests, seconds=seconds, seed=seed)

    def flush(self) -> None:
        """Have the shop write what it still keeps in memory into `recordings`."""
        self._control("POST", "/_lab/flush")

    def stop(self) -> None:
        """Let the lab go; it ends unless another notebook holds it."""
        engine: Engine | None = self.__dict__.pop("engine", None)
        if engine is not None:
            engine.dispose()
        self.server.release()

    def __enter__(self) -> Self:
        """Hold the lab for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the lab go."""
        self.stop()

    def __repr__(self) -> str:
        """Say what runs and what to type next."""
        place = self._url or "no shop"
        return f"<Lab {place}, {self.server!r}: .set_faults() .drive() .record() .engine .stop()>"

    def _control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        import httpx

        try:
            with httpx.Client(base_url=self.url, timeout=CONTROL_S, trust_env=False) as client:
                answer = client.request(method, path, json=body)
                answer.raise_for_status()
                return dict(answer.json()) if answer.content else {}
        except httpx.HTTPError as error:
            raise LabError(
                f"lab: the shop does not answer: {error}", hint="perfkit.lab.start()"
            ) from error


def _weights(routes: Mapping[str, float] | Iterable[str] | str | None) -> Mapping[str, float]:
    """Return what the user named as routes with their weights."""
    from perfkit.lab.shop.traffic import ROUTES

    if isinstance(routes, Mapping):
        return routes
    names = [routes] if isinstance(routes, str) else ROUTES if routes is None else routes
    return dict.fromkeys(names, 1.0)
