"""Asking the statistics service: publications, data sets, what is in them, queries, whole files, versions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

from afa_eval.comparators.service import shapes
from afa_eval.comparators.service.cache import Cache, Kept
from afa_eval.comparators.service.http import TIMEOUT, Http
from afa_eval.comparators.store import user_folder
from afa_eval.errors import ComparatorError

API = "https://api.education.gov.uk/statistics/v1"
WEBSITE = "https://explore-education-statistics.service.gov.uk"
PAGE = 1_000
LARGEST_PAGE = 10_000


class Service:
    """Who answers, and where is it kept?

    Parameters
    ----------
    api, website : str
        Addresses; those of the Department where empty, or ``AFA_EVAL_EES_API`` and
        ``AFA_EVAL_EES_WEBSITE``.
    folder : Path, optional
        Where answers are kept; the user's own folder where None.
    offline : bool
        True asks nobody: only what was kept.
    refresh : bool
        True asks again even where an answer was kept.
    wait : callable
        Sleeps for so many seconds.
    timeout : float, optional
        Seconds before a try is given up.

    Examples
    --------
    >>> with Service(offline=True) as service:
    ...     service.api
    'https://api.education.gov.uk/statistics/v1'
    """

    def __init__(
        self,
        api: str = "",
        website: str = "",
        *,
        folder: Path | None = None,
        offline: bool = False,
        refresh: bool = False,
        wait: Callable[[float], None] = time.sleep,
        timeout: float | None = None,
    ) -> None:
        self.api = (api or os.environ.get("AFA_EVAL_EES_API") or API).rstrip("/")
        self.website = (website or os.environ.get("AFA_EVAL_EES_WEBSITE") or WEBSITE).rstrip("/")
        self.refresh = refresh
        cache = Cache(folder if folder is not None else user_folder() / "answers")
        hosts = tuple(urlsplit(address).netloc for address in (self.api, self.website))
        self._http = Http(
            cache, offline=offline, hosts=hosts, wait=wait, timeout=TIMEOUT if timeout is None else timeout
        )

    def __enter__(self) -> Service:
        """Ready."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._http.close()

    def publications(self, search: str = "") -> Iterator[shapes.Publication]:
        """Which publications are there?

        Parameters
        ----------
        search : str
            At least three letters; all where empty.

        Yields
        ------
        Publication
            Page after page.

        Raises
        ------
        ComparatorError
            Where the search is too short, or the service cannot be had.
        """
        if search and len(search) < 3:
            raise ComparatorError(f"'{search}' is too short to search for: write three letters or more.")
        asked = {"pageSize": 40} | ({"search": search} if search else {})
        for item in self._pages("publications", asked):
            yield shapes.publication(item)

    def publication(self, id: str) -> shapes.Publication:  # noqa: A002 - the service calls it so
        """Which publication has this id?

        Parameters
        ----------
        id : str
            A GUID.

        Returns
        -------
        Publication
            That one.
        """
        return shapes.publication(self._get(f"publications/{id}"))

    def data_sets(self, publication: str) -> Iterator[shapes.DataSet]:
        """Which data sets does a publication have?

        Parameters
        ----------
        publication : str
            Its id.

        Yields
        ------
        DataSet
            Page after page.
        """
        for item in self._pages(f"publications/{publication}/data-sets", {"pageSize": 20}):
            yield shapes.data_set(item)

    def data_set(self, id: str) -> shapes.DataSet:  # noqa: A002
        """Which data set has this id, and is it still kept up?

        Parameters
        ----------
        id : str
            Its API id, not that of the website's file.

        Returns
        -------
        DataSet
            With its latest version.
        """
        return shapes.data_set(self._get(f"data-sets/{id}"))

    def meta(self, data_set: str, version: str = "") -> shapes.Meta:
        """What is in a data set?

        Parameters
        ----------
        data_set : str
            Its id.
        version : str
            For example ``2.1``, ``2.*`` or ``*``; the latest where empty.

        Returns
        -------
        Meta
            Filters, indicators, places and periods.
        """
        return shapes.meta(self._get(f"data-sets/{data_set}/meta", _version(version)))

    def query(
        self,
        data_set: str,
        criteria: Mapping[str, Any] | None = None,
        *,
        indicators: Sequence[str] = (),
        sorts: Sequence[Mapping[str, str]] = (),
        version: str = "",
        page_size: int = PAGE,
    ) -> Iterator[shapes.Answer]:
        """Which rows of a data set fit?

        Parameters
        ----------
        data_set : str
            Its id.
        criteria : mapping, optional
            As the service's POST body has them; everything where None.
        indicators : sequence of str
            Ids, at most 40; all where empty.
        sorts : sequence of mapping
            ``{"field": "timePeriod", "direction": "Desc"}``.
        version : str
            As ``meta``.
        page_size : int
            1 to 10,000.

        Yields
        ------
        Answer
            Page after page.

        Raises
        ------
        ComparatorError
            Where an id is unknown (naming it), or the pages do not add up.
        """
        if not 1 <= page_size <= LARGEST_PAGE:
            raise ComparatorError(f"A page has 1 to {LARGEST_PAGE} rows, not {page_size}.")
        if len(indicators) > 40:
            raise ComparatorError(f"At most 40 indicators can be asked for at once, not {len(indicators)}.")
        body: dict[str, Any] = {"debug": False, "pageSize": page_size}
        body |= {"criteria": criteria} if criteria else {}
        body |= {"indicators": list(indicators)} if indicators else {}
        body |= {"sorts": list(sorts)} if sorts else {}
        address = self._address(f"data-sets/{data_set}/query", _version(version))
        for item in self._all(lambda page: self._post(address, {**body, "page": page}, f"{data_set} {version}")):
            yield shapes.answer(item)

    def csv(self, data_set: str, version: str = "") -> Kept:
        """What is the whole file of a data set?

        Parameters
        ----------
        data_set : str
            Its id.
        version : str
            As ``meta``.

        Returns
        -------
        Kept
            The file, with the hash of its bytes.
        """
        release = f"{data_set} {version}".strip()
        address = self._address(f"data-sets/{data_set}/csv", _version(version))
        return self._http.fetch("GET", address, release=release, refresh=self.refresh, check=_is_csv)

    def file(self, file: str) -> Kept:
        """What is in a file of the website, by the file's own id?

        Parameters
        ----------
        file : str
            The id in the data catalogue's address; it is not an API id.

        Returns
        -------
        Kept
            The file, with the hash of its bytes.
        """
        address = f"{self.website}/data-catalogue/data-set/{file}/csv"
        return self._http.fetch("GET", address, release=f"file {file}", refresh=self.refresh, check=_is_csv)

    def versions(self, data_set: str) -> Iterator[shapes.Version]:
        """Which versions of a data set are there?

        Parameters
        ----------
        data_set : str
            Its id.

        Yields
        ------
        Version
            The newest first, as the service lists them.
        """
        for item in self._pages(f"data-sets/{data_set}/versions", {"pageSize": 20}):
            yield shapes.version(item)

    def changes(self, data_set: str, version: str) -> Mapping[str, Any]:
        """What changed in a version, in the service's own words?

        Parameters
        ----------
        data_set, version : str
            Its id, and for example ``2.0``.

        Returns
        -------
        mapping
            The service's JSON: ``majorChanges`` and ``minorChanges``.
        """
        found: Mapping[str, Any] = self._get(f"data-sets/{data_set}/versions/{version}/changes")
        return found

    def _get(self, path: str, asked: Mapping[str, Any] | None = None) -> Any:
        return self._http.json("GET", self._address(path, asked or {}), release=path, refresh=self.refresh)

    def _post(self, address: str, body: Mapping[str, Any], release: str) -> Any:
        return self._http.json("POST", address, release=release.strip(), refresh=self.refresh, body=body)

    def _address(self, path: str, asked: Mapping[str, Any]) -> str:
        return f"{self.api}/{path}{'?' + urlencode(asked) if asked else ''}"

    def _pages(self, path: str, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from self._all(lambda page: self._get(path, {**asked, "page": page}))

    def _all(self, ask: Callable[[int], Any]) -> Iterator[Mapping[str, Any]]:
        """Every page until the last, and as many rows as were promised."""
        seen, page, pages, promised = 0, 1, 1, 0
        while page <= pages:
            said = ask(page)
            paging = said.get("paging") if isinstance(said, Mapping) else None
            if not isinstance(paging, Mapping) or not isinstance(said.get("results"), list):
                raise ComparatorError("The statistics service's answer has no pages: its schema is not known here.")
            if int(paging.get("page") or page) != page:  # it would be read again and again
                raise ComparatorError(f"The statistics service was asked for page {page} and sent {paging['page']}.")
            pages, promised = int(paging.get("totalPages") or 0), int(paging.get("totalResults") or 0)
            seen += len(said["results"])
            yield from said["results"]
            page += 1
        if seen != promised:
            raise ComparatorError(
                f"The statistics service promised {promised} rows and sent {seen}: its data changed meanwhile. Ask again."
            )


def _version(version: str) -> dict[str, str]:
    return {"dataSetVersion": version} if version else {}


def _is_csv(data: bytes, url: str) -> None:
    start = data[:400].lstrip().decode("utf-8-sig", "replace")
    if start.startswith(("<", "{")) or "," not in start.partition("\n")[0]:
        raise ComparatorError(f"{url} did not answer with a CSV; the answer was not kept.")
