"""What the statistics service answers, in one shape, whichever generation of its schema it speaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afa_eval.data.ees import SYMBOLS
from afa_eval.errors import ComparatorError


@dataclass(frozen=True, slots=True)
class Publication:
    """Which publication?

    Attributes
    ----------
    id, title, slug, summary, published : str
        As the service gives them.
    """

    id: str
    title: str
    slug: str
    summary: str
    published: str


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a data set, and how much is in it?

    Attributes
    ----------
    version, published : str
        For example ``2.1``, and when.
    total : int
        Rows.
    file : str
        Id of the website's file, empty where it is not given.
    periods : tuple of str
        First and last, as labelled.
    levels, filters, indicators : tuple of str
        Labels.
    """

    version: str
    published: str
    total: int
    file: str
    periods: tuple[str, str]
    levels: tuple[str, ...]
    filters: tuple[str, ...]
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    """Which data set, and is it still kept up?

    Attributes
    ----------
    id, title, summary : str
        As the service gives them.
    status : str
        Published, Deprecated or Withdrawn.
    superseded_by : str
        Id of the data set to use instead, empty where none is named.
    latest : Version
        Its newest version.
    """

    id: str
    title: str
    summary: str
    status: str
    superseded_by: str
    latest: Version


@dataclass(frozen=True, slots=True)
class Option:
    """Which value of a filter?

    Attributes
    ----------
    id, label : str
        As the service gives them.
    """

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Filter:
    """By what can a data set be narrowed?

    Attributes
    ----------
    id, column, label : str
        Identifier, name in the CSV, name for readers.
    options : tuple of Option
        Its values.
    """

    id: str
    column: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is measured?

    Attributes
    ----------
    id, column, label, unit : str
        Identifier, name in the CSV, name for readers, ``%`` and so on.
    decimals : int or None
        How many are printed.
    """

    id: str
    column: str
    label: str
    unit: str
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Location:
    """Which place?

    Attributes
    ----------
    id, level, label, code : str
        Identifier, for example ``LA``, its name, its official code.
    """

    id: str
    level: str
    label: str
    code: str


@dataclass(frozen=True, slots=True)
class Period:
    """Which time?

    Attributes
    ----------
    code, period, label : str
        For example ``AY``, ``2022/2023``, ``2022/23``.
    """

    code: str
    period: str
    label: str


@dataclass(frozen=True, slots=True)
class Meta:
    """What is in a data set?

    Attributes
    ----------
    filters, indicators, levels, locations, periods : tuple
        Everything that can be asked for.
    """

    filters: tuple[Filter, ...]
    indicators: tuple[Indicator, ...]
    levels: tuple[tuple[str, str], ...]
    locations: tuple[Location, ...]
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Which number, or which symbol, stands in a cell?

    Attributes
    ----------
    text : str
        As the service prints it.
    """

    text: str

    @property
    def symbol(self) -> str:
        """Which symbol stands there: z, x, c, low, k, u, or an older one; empty for a number?"""
        return self.text if self.text in SYMBOLS else ""

    @property
    def value(self) -> float:
        """Which number? NaN for a symbol."""
        return math.nan if self.symbol or not self.text else float(self.text)


@dataclass(frozen=True, slots=True)
class Answer:
    """Which row answers a query?

    Attributes
    ----------
    period, level : str
        For example ``2022/2023``, ``NAT``.
    locations, filters : mapping
        Ids by level and by filter.
    values : mapping
        Cell by indicator.
    """

    period: str
    level: str
    locations: Mapping[str, str]
    filters: Mapping[str, str]
    values: Mapping[str, Cell]


def publication(item: Mapping[str, Any]) -> Publication:
    """Which publication is this?

    Parameters
    ----------
    item : mapping
        The service's JSON.

    Returns
    -------
    Publication
        The same.
    """
    return Publication(_text(item, "id"), _text(item, "title"), _text(item, "slug", ""), _text(item, "summary", ""),
                       _text(item, "lastPublished", ""))  # fmt: skip


def data_set(item: Mapping[str, Any]) -> DataSet:
    """Which data set is this?

    Parameters
    ----------
    item : mapping
        The service's JSON.

    Returns
    -------
    DataSet
        The same.
    """
    latest = version(_part(item, "latestVersion"))
    replaced = _text(item, "supersedingDataSetId", "")
    return DataSet(_text(item, "id"), _text(item, "title"), _text(item, "summary", ""),
                   _text(item, "status", "Published"), replaced, latest)  # fmt: skip


def version(item: Mapping[str, Any]) -> Version:
    """Which version is this?

    Parameters
    ----------
    item : mapping
        The service's JSON; version 2024 writes ``number`` and lists ``timePeriods`` by label.

    Returns
    -------
    Version
        The same.
    """
    periods = item.get("timePeriods") or {}
    file = item.get("file") or {}
    return Version(
        version=_text(item, "version", _text(item, "number", "")),
        published=_text(item, "published", ""),
        total=int(item.get("totalResults") or 0),
        file=_text(file, "id", ""),
        periods=(_text(periods, "start", ""), _text(periods, "end", "")),
        levels=_labels(item.get("geographicLevels")),
        filters=_labels(item.get("filters")),
        indicators=_labels(item.get("indicators")),
    )


def meta(item: Mapping[str, Any]) -> Meta:
    """What is in the data set?

    Parameters
    ----------
    item : mapping
        The service's JSON: today's, or that of 2024, with ``name`` for ``label`` or ``column``,
        ``content`` for ``options``, and the levels as bare codes.

    Returns
    -------
    Meta
        In one shape.
    """
    filters = tuple(
        Filter(_text(each, "id"), _column(each), _label(each), tuple(_option(option) for option in _options(each)))
        for each in item.get("filters") or ()
    )
    indicators = tuple(
        Indicator(_text(each, "id"), _column(each), _label(each), _text(each, "unit", ""), _whole(each))
        for each in item.get("indicators") or ()
    )
    locations = tuple(place for group in item.get("locations") or () for place in _locations(group))
    periods = tuple(
        Period(_text(each, "code"), _period(each), _text(each, "label", _period(each)))
        for each in item.get("timePeriods") or ()
    )
    return Meta(filters, indicators, _levels(item.get("geographicLevels")), locations, periods)


def answer(item: Mapping[str, Any]) -> Answer:
    """Which row is this?

    Parameters
    ----------
    item : mapping
        The service's JSON.

    Returns
    -------
    Answer
        With every cell as printed; symbols are kept.
    """
    level = item.get("geographicLevel")
    code = _text(level, "code") if isinstance(level, Mapping) else str(level)
    cells = {str(key): _cell(value) for key, value in _part(item, "values").items()}
    return Answer(
        period=_period(_part(item, "timePeriod")),
        level=code,
        locations={str(key): _id(value) for key, value in (item.get("locations") or {}).items()},
        filters={str(key): _id(value) for key, value in (item.get("filters") or {}).items()},
        values=cells,
    )


def _cell(value: Any) -> Cell:
    text = "" if value is None else str(value).strip()
    cell = Cell(text)
    try:
        _ = cell.value
    except ValueError as error:
        raise ComparatorError(
            f"The statistics service printed '{text}', neither a number nor a symbol of its own."
        ) from error
    return cell


def _id(value: Any) -> str:
    return _text(value, "id") if isinstance(value, Mapping) else str(value)


def _part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = item.get(name)
    if not isinstance(found, Mapping):
        raise ComparatorError(f"The statistics service's answer has no '{name}': its schema is not known here.")
    return found


def _text(item: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = item.get(name, default)
    if value is None and default is None:
        raise ComparatorError(f"The statistics service's answer has no '{name}': its schema is not known here.")
    return "" if value is None else str(value)


def _label(item: Mapping[str, Any]) -> str:
    return _text(item, "label", _text(item, "name", ""))


def _column(item: Mapping[str, Any]) -> str:
    return _text(item, "column", _text(item, "name", _text(item, "label", "")))


def _options(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(item.get("options") or item.get("content") or ())


def _option(item: Mapping[str, Any]) -> Option:
    return Option(_text(item, "id"), _label(item))


def _whole(item: Mapping[str, Any]) -> int | None:
    value = item.get("decimalPlaces")
    return None if value is None else int(value)


def _labels(items: Any) -> tuple[str, ...]:
    return tuple(_label(item) or _text(item, "code", "") if isinstance(item, Mapping) else str(item)
                 for item in items or ())  # fmt: skip


def _levels(items: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(item, "code"), _label(item)) if isinstance(item, Mapping) else (str(item), str(item))
        for item in items or ()
    )


def _locations(group: Mapping[str, Any]) -> list[Location]:
    level = group.get("level")
    code = _text(level, "code") if isinstance(level, Mapping) else str(level)
    return [
        Location(_text(option, "id"), code, _label(option), _text(option, "code", _text(option, "oldCode", "")))
        for option in _options(group)
    ]


def _period(item: Mapping[str, Any]) -> str:
    """``2022/2023``; the older schema has a year of four digits, which stands for the year it begins."""
    text = _text(item, "period", _text(item, "year", ""))
    academic = str(item.get("code", "")).upper().startswith(("AY", "FY", "TY", "T1", "T2", "T3"))
    return f"{text}/{int(text) + 1}" if academic and text.isdigit() and len(text) == 4 else text
