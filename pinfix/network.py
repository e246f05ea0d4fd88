"""The network as a job reaches it: indexes by their sources, included files by address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix.inputs import Sources
from pinfix.records import record

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.index.client import IndexClient, IndexEvent, IndexStrategy
    from pinfix.index.http import Connection
    from pinfix.pip_config import PipConfig


@record
class Access:
    """How indexes may be asked, and where what they say is kept; nowhere unless ``keep``."""

    cache: str
    config: PipConfig
    offline: bool = False
    refresh: bool = False
    strategy: IndexStrategy = "best-match"
    keep: bool = True


@record
class Consulted:
    """What was asked of some sources; the rest is as an ``IndexClient`` says of itself."""

    sources: Sources
    ambiguous: Mapping[NormalizedName, tuple[str, ...]]
    fresh_until: float
    local_paths: frozenset[Path]


def together(every: Iterable[Consulted]) -> tuple[Consulted, ...]:
    """What several environments asked of the same sources as one, in the order of the sources."""
    joined: dict[Sources, Consulted] = {}
    for one in every:
        known = joined.get(one.sources)
        joined[one.sources] = one if known is None else _joined(known, one)
    return tuple(joined.values())


def _joined(one: Consulted, other: Consulted) -> Consulted:
    return Consulted(
        one.sources,
        {**one.ambiguous, **other.ambiguous},
        min(one.fresh_until, other.fresh_until),
        one.local_paths | other.local_paths,
    )


class Network:
    """Opens an index for each of the sources that a job turns out to need, and closes them all."""

    def __init__(
        self, access: Access, on_event: Callable[[IndexEvent], None] | None = None
    ) -> None:
        from pinfix.index.store import Store

        self._access = access
        self._on_event = on_event
        self._opened: dict[Sources, IndexClient] = {}
        self._fetcher: IndexClient | None = None
        self._stack = ExitStack()
        path = Path(access.cache, "store.sqlite") if access.keep else None
        self._store = self._stack.enter_context(Store.open(path))

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the indexes, and the store with all that was learnt in it."""
        self._stack.close()

    def open_index(self, sources: Sources) -> IndexClient:
        """The index over these sources, the same for the same."""
        if sources not in self._opened:
            self._opened[sources] = self._client(sources)
        return self._opened[sources]

    def forget(self) -> None:
        """Frees what need not be remembered from one environment to the next."""
        for client in self._opened.values():
            client.forget()

    def fetch(self, url: str) -> bytes:
        """What is at an address that a requirements file includes."""
        if self._fetcher is None:
            self._fetcher = self._client(Sources())
        return self._fetcher.requirements_file(url)

    def consulted(self, sources: Sources) -> Consulted:
        """What was asked of these sources so far, for whichever environment."""
        client = self.open_index(sources)
        return Consulted(sources, client.ambiguous, client.fresh_until, client.local_paths)

    def _client(self, sources: Sources) -> IndexClient:
        from pinfix.index.client import DEFAULT_INDEX_URL, IndexClient

        client = IndexClient(
            index_url=None if sources.no_index else sources.index_url or DEFAULT_INDEX_URL,
            extra_index_urls=() if sources.no_index else sources.extra_index_urls,
            find_links=sources.find_links,
            store=self._store,
            offline=self._access.offline,
            refresh=self._access.refresh,
            strategy=self._access.strategy,
            connection=_connection(self._access.config, sources),
            on_event=self._on_event,
        )
        return self._stack.enter_context(client)


def _connection(config: PipConfig, sources: Sources) -> Connection:
    from pinfix.index.http import DEFAULT_TIMEOUT, Connection

    return Connection(
        trusted_hosts=sources.trusted_hosts,
        cert=config.cert,
        client_cert=config.client_cert,
        proxy=config.proxy,
        timeout=config.timeout or DEFAULT_TIMEOUT,
        keyring=config.keyring_provider,
    )
