"""One request to the statistics service: patient with it when it is busy, and going nowhere else."""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx

from afa_eval.comparators.service.cache import Cache, Kept
from afa_eval.errors import ComparatorError

TRIES = 5
LONGEST_WAIT = 30.0  # seconds between two tries
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_BUSY = frozenset({429, 500, 502, 503, 504})
MOST_BYTES = 1_500_000_000


class Http:
    """How is the service asked?

    Parameters
    ----------
    cache : Cache
        Where answers are kept.
    offline : bool
        True asks nobody: only what was kept.
    hosts : tuple of str
        Hosts (with port) that may be asked; a redirect to another is refused.
    wait : callable
        Sleeps for so many seconds.
    timeout : float or httpx.Timeout
        Seconds before a try is given up.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        offline: bool,
        hosts: tuple[str, ...],
        wait: Callable[[float], None] = time.sleep,
        timeout: float | httpx.Timeout = TIMEOUT,
    ) -> None:
        self.cache, self.offline, self.hosts, self._wait = cache, offline, hosts, wait
        headers = {"Accept-Encoding": "gzip", "User-Agent": "afa-eval"}
        self._client = httpx.Client(timeout=timeout, headers=headers, follow_redirects=False, verify=_trust())

    def close(self) -> None:
        """Stop."""
        self._client.close()

    def json(self, method: str, url: str, *, release: str = "", refresh: bool = False, body: Any = None) -> Any:
        """What does the service answer, as JSON?

        Parameters
        ----------
        method, url : str
            GET or POST, and the address with its query.
        release : str
            Id and version that the answer belongs to, for the cache.
        refresh : bool
            True asks again even where an answer was kept.
        body : object, optional
            Sent as JSON.

        Returns
        -------
        object
            Parsed.

        Raises
        ------
        ComparatorError
            Where it cannot be had or is no JSON.
        """
        kept = self.fetch(method, url, release=release, refresh=refresh, body=body, check=_is_json)
        return json.loads(kept.body)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        release: str = "",
        refresh: bool = False,
        body: Any = None,
        check: Callable[[bytes, str], None] | None = None,
    ) -> Kept:
        """What does the service answer?

        Parameters
        ----------
        method, url, release, refresh, body
            As ``json``.
        check : callable, optional
            Refuses an answer before it is kept.

        Returns
        -------
        Kept
            The answer, kept on disk for next time.

        Raises
        ------
        ComparatorError
            Where it cannot be had, in words that say what to do.
        """
        sent = None if body is None else json.dumps(body, sort_keys=True)
        request = f"{method} {url}{'' if sent is None else ' ' + sent}"
        known = None if refresh and not self.offline else self.cache.get(request)
        if known is not None:
            return known
        if self.offline:
            raise ComparatorError(f"Nothing was kept for {url}, and offline nobody is asked: fetch it once online.")
        data = self._ask(method, url, sent)
        if check is not None:
            check(data, url)
        return self.cache.put(request, release, datetime.now(UTC).isoformat(timespec="seconds"), data)

    def _ask(self, method: str, url: str, sent: str | None) -> bytes:
        headers = {} if sent is None else {"Content-Type": "application/json"}
        trouble = ""
        for number in range(TRIES):
            try:
                with self._client.stream(method, url, content=sent, headers=headers) as reply:
                    data = _body(reply, url)
            except httpx.DecodingError as error:
                raise ComparatorError(f"{url} sent bytes that cannot be decompressed: try again later.") from error
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}"
                self._pause(number, None)
                continue
            if reply.status_code in _BUSY:
                trouble = f"status {reply.status_code}"
                self._pause(number, reply.headers.get("Retry-After"))
                continue
            if reply.is_redirect:
                url = self._followed(reply, url)
                continue
            if reply.is_error:
                raise ComparatorError(complaint(reply.status_code, data, url))
            return data
        raise ComparatorError(
            f"{url} could not be had after {TRIES} tries ({trouble or 'too many redirects'}). "
            "Try later, or use --offline for what was kept."
        )

    def _pause(self, number: int, after: str | None) -> None:
        """Longer each time, not in step with others, and as long as the service asks for."""
        if number < TRIES - 1:
            asked = _seconds(after)
            backed_off = 2.0**number * (0.5 + random.random() / 2)
            self._wait(min(LONGEST_WAIT, backed_off if asked is None else max(asked, 0.0)))

    def _followed(self, reply: httpx.Response, url: str) -> str:
        target = httpx.URL(url).join(reply.headers.get("Location", ""))
        if target.netloc.decode() not in self.hosts or target.scheme != httpx.URL(url).scheme:
            raise ComparatorError(f"{url} points elsewhere, to {target.host}: refused.")
        return str(target)


def _body(reply: httpx.Response, url: str) -> bytes:
    """The service's files are smaller than 1 GB: an answer without end is not waited for."""
    parts, size = [], 0
    for part in reply.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise ComparatorError(f"{url} sent more than {MOST_BYTES:,} bytes; the answer was not kept.")
    return b"".join(parts)


@cache
def _trust() -> ssl.SSLContext:
    """Reading the authorities takes longer than asking, so it is done once."""
    return httpx.create_ssl_context()


def complaint(status: int, body: bytes, url: str) -> str:
    """What did the service complain about, in a sentence?

    Parameters
    ----------
    status : int
        Of HTTP.
    body : bytes
        Its JSON, where it sent one.
    url : str
        What was asked.

    Returns
    -------
    str
        With each wrong value and what is allowed.
    """
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    if not isinstance(said, Mapping):
        said = {}
    parts = [_one(item) for item in said.get("errors") or () if isinstance(item, Mapping)]
    title = str(said.get("title") or {404: "Not found", 403: "Not allowed"}.get(status, "It refused"))
    listed = f": {'; '.join(parts)}" if parts else ""
    return f"The statistics service answered {status} to {url}. {title.rstrip('.')}{listed}."


def _one(item: Mapping[str, Any]) -> str:
    detail = item.get("detail")
    values = detail.get("items") or detail.get("value") if isinstance(detail, Mapping) else None
    allowed = detail.get("allowed") if isinstance(detail, Mapping) else None
    text = str(item.get("message", "")).rstrip(".")
    text += f" (at {item['path']})" if item.get("path") else ""
    text += f": {_listed(values)}" if values else ""
    return text + (f"; allowed: {_listed(allowed)}" if allowed else "")


def _listed(values: Any) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) else str(values)


def _is_json(data: bytes, url: str) -> None:
    try:
        json.loads(data)
    except ValueError as error:
        raise ComparatorError(f"{url} did not answer in JSON; the answer was not kept. Try again later.") from error


def _seconds(after: str | None) -> float | None:
    if not after:
        return None
    try:
        return float(after)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
