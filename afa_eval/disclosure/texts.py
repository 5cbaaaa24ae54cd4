"""What words, steps, faults and hashes may say: text leaks numbers and names as tables do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import PurePath, PureWindowsPath
from typing import Any

from afa_eval.data.records import Step
from afa_eval.disclosure.policies import Policy, to_nearest
from afa_eval.disclosure.records import ReleasedFault, ReleasedStep
from afa_eval.estimate import Fault, Finding, words

PEOPLE = "pupils?|children|child|enrolments?|parents?|teachers?|respondents?|families|boys|girls|rows?"
NUMBER_WORDS = dict(zip(("two", "three", "four", "five", "six", "seven", "eight", "nine"), range(2, 10), strict=True))
_SMALL = re.compile(
    rf"(?<![\d.,/])(\d{{1,2}}|{'|'.join(NUMBER_WORDS)})((?:\s+(?!of\b)[a-z]+){{0,2}}\s+(?:{PEOPLE}))\b", re.I
)
_NAME_BEFORE = re.compile(r"(?:stages?|years?|levels?|grades?|waves?|KS)\s*(?:\d+\s*(?:to|and|or|-|,)\s*)*$", re.I)
_CODE = re.compile(
    r"\b[a-z][a-z_]*=[\w.-]+(?: & [a-z][a-z_]*=[\w.-]+)*(?: - (?:rest\b|[a-z][a-z_]*=[\w.-]+))?(?<![.-])"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
LEFT_OUT = "A figure about a group too small to publish is left out here."
NOT_NAMED = "Groups too small to publish are not named here."
_NAME = "[A-Za-z]"  # what follows in a list of names, not the number of one
_FIGURE_AFTER = re.compile(r"(?<![\w.])[-+\d](?!\d* (?:smaller|other|more) groups)")
_REFERS = re.compile(r"(?:They|Their|Theirs|These|Those|This|That|It|Its|Both|Such|Here)\b")
_ABSOLUTE = re.compile(r"([\"'])(?:/|~|file:|[A-Za-z]:[\\/])[^\"'\n]*[\\/]([^\"'\\/\n]+)\1")
COUNTING_KEYS = frozenset(
    {"largest_school", "steps", "flow", "rows", "rows_in", "rows_out", "counts", "folder", "cwd", "user", "host"}
)


@lru_cache(maxsize=1024)  # a method's words stand at many figures
def scrub(text: str, policy: Policy) -> str:
    """How does a sentence read without numbers of people that are too few?

    Parameters
    ----------
    text : str
        Written by a design or a check.
    policy : Policy
        The rules.

    Returns
    -------
    str
        ``3 pupils`` becomes ``fewer than 10 pupils``; the number of a stage or year stays.

    Examples
    --------
    >>> scrub("The status of 3 pupils moved; 41 Key Stage 2 pupils left.", Policy(name="own"))
    'The status of fewer than 10 pupils moved; 41 Key Stage 2 pupils left.'
    """

    def _said(match: re.Match[str]) -> str:
        word = match[1].lower()
        count = NUMBER_WORDS.get(word, int(word) if word.isdigit() else 0)
        named = _NAME_BEFORE.search(text[: match.start()]) is not None
        return f"fewer than {policy.threshold}{match[2]}" if policy.too_few(count) and not named else match[0]

    return _SMALL.sub(_said, text)


def finding(item: Finding, policy: Policy, secrets: Iterable[Secret] = ()) -> Finding:
    """How may a finding be published?

    Parameters
    ----------
    item : Finding
        As raised.
    policy : Policy
        The rules.
    secrets : iterable of Secret
        What may not be said of hidden groups.

    Returns
    -------
    Finding
        Without numbers about those groups or about too few; groups said as people say them.
    """
    return replace(
        item, message=_public_words(item.message, policy, secrets), fix=_public_words(item.fix, policy, secrets)
    )


def _public_words(text: str, policy: Policy, secrets: Iterable[Secret]) -> str:
    return scrub(spoken(without(text, secrets)), policy)


def spoken(text: str) -> str:
    """How does a text read where group codes are said as people say them?

    Parameters
    ----------
    text : str
        For example with ``sen_provision=K``.

    Returns
    -------
    str
        With ``SEN support`` instead.

    Examples
    --------
    >>> spoken("Largest: sen_provision=K - rest, -0.18 SD.")
    'Largest: SEN support minus the rest, -0.18 SD.'
    """
    return _CODE.sub(lambda match: words.label(match[0]), text)


@dataclass(frozen=True, slots=True)
class Secret:
    """What may not be said of a group?

    Attributes
    ----------
    group : str
        Its code.
    numbers : frozenset of str
        Its hidden figures as they may be printed.
    any_number : bool
        True where the group itself is too small: no number at all.
    """

    group: str
    numbers: frozenset[str] = frozenset()
    any_number: bool = False

    def told_in(self, text: str) -> bool:
        """Does a text that names the group tell it?

        Parameters
        ----------
        text : str
            A part of a sentence.

        Returns
        -------
        bool
            Whether one of the numbers stands there.
        """
        if self.any_number:
            return re.search(r"\d", text) is not None
        return any(re.search(rf"(?<![\d.,]){re.escape(one)}(?!\d|[.,]\d)", text) for one in self.numbers)


def without(text: str, secrets: Iterable[Secret]) -> str:
    """How does a text read without hidden figures?

    Parameters
    ----------
    text : str
        Several sentences.
    secrets : iterable of Secret
        What may not be said.

    Returns
    -------
    str
        A group is taken out of a list, with its number; a sentence that still tells is left out
        with those that speak of its subject.

    Examples
    --------
    >>> without("Few have scores: EHC plan (48%), Vision impairment (50%).", [Secret("primary_need=VI", any_number=True)])
    'Few have scores: EHC plan (48%).'
    """
    for secret in secrets:
        for said in (secret.group, words.label(secret.group)):
            if said not in text:
                continue
            name = re.escape(said)
            text = _without_entries(text, name, secret)
            text = _without_names(text, name, secret)
            text = _without_sentences(text, name, secret)
    return _closed(text)


def _closed(text: str) -> str:
    """What is missing is said once, at the end."""
    for said in (LEFT_OUT, NOT_NAMED):
        if said in text:
            rest = [part for part in _SENTENCE.split(text) if part not in {LEFT_OUT, NOT_NAMED}]
            return " ".join([*rest, said])
    return text


def _without_entries(text: str, name: str, secret: Secret) -> str:
    entry = rf"(?<![\w=]){name}(?:\s-\srest)?\s\([^()]*\)"
    return re.sub(
        rf"(?:, | and ){entry}|{entry}(?:, | and )", lambda found: "" if secret.told_in(found[0]) else found[0], text
    )


def _without_names(text: str, name: str, secret: Secret) -> str:
    """Take a bare name out of a list of groups, where the sentence's numbers are of all of them."""
    parts = _SENTENCE.split(text)
    for at, part in enumerate(parts):
        listed = re.search(rf"(?<=: ){name}, (?={_NAME})|(?<=, ){name}, (?={_NAME})|, {name}(?=\.$|, and | and )", part)
        if listed and secret.told_in(part) and not _FIGURE_AFTER.search(part, listed.end()):
            parts[at : at + 1] = [part[: listed.start()] + part[listed.end() :], NOT_NAMED]
    return " ".join(parts)


def _without_sentences(text: str, name: str, secret: Secret) -> str:
    """Leave out each sentence that tells, and those after it that speak of its subject."""
    named = re.compile(rf"(?<![\w=]){name}(?!\w)")
    sentences = _SENTENCE.split(text)
    kept: list[str] = []
    dropped = False
    for part in sentences:
        dropped = bool(named.search(part) and secret.told_in(part)) or (dropped and _REFERS.match(part) is not None)
        if not dropped:
            kept.append(part)
    return text if len(kept) == len(sentences) else " ".join([*(one for one in kept if one != LEFT_OUT), LEFT_OUT])


def faults(items: Iterable[Fault], policy: Policy) -> tuple[ReleasedFault, ...]:
    """How many faults of each kind may be told?

    Parameters
    ----------
    items : iterable of Fault
        As the checks found them.
    policy : Policy
        The rules.

    Returns
    -------
    tuple of ReleasedFault
        One for each rule, without file, row, column, value or name: only what the rule is, and how
        many did not keep it.
    """
    order = {"error": 0, "query": 1, "info": 2}
    found = sorted(items, key=lambda item: (order.get(item.severity, 3), item.code))
    rules = _rules()
    return tuple(
        ReleasedFault(
            severity=severity,
            code=code,
            message=rules.get(code, "a rule of the checks"),
            fix="",
            count=_count(group, policy),
        )
        for (severity, code), group in groupby(found, key=lambda item: (item.severity, item.code))
    )


def _rules() -> dict[str, str]:
    """The rule behind each code, in words."""
    from afa_eval.data.checks import CHECKS

    return {one.code: one.name for one in CHECKS}


def _count(group: Iterable[Fault], policy: Policy) -> int | None:
    total = sum(item.count for item in group)
    return None if policy.too_few(total) else total


def flow(steps: Sequence[Step], policy: Policy, beside: Collection[float] = ()) -> tuple[ReleasedStep, ...]:
    """Which counts of the pupil flow may be shown?

    Read from the end: a count is shown where it equals the next shown one or differs from it by
    the threshold or more, so that no difference is about too few.

    Parameters
    ----------
    steps : sequence of Step
        In the order they were taken.
    policy : Policy
        The rules.
    beside : collection of float
        Numbers of all pupils or enrolments that are printed elsewhere: a step that differs from one
        by a few would tell of them.

    Returns
    -------
    tuple of ReleasedStep
        The same steps in the same order.
    """
    last: dict[str, int] = {}
    shown: list[ReleasedStep] = []
    for step in reversed(steps):
        rows_out = _kept(step.rows_out, step.table, last, policy, beside)
        rows_in = _kept(step.rows_in, step.table, last, policy, beside)
        shown.append(
            ReleasedStep(
                name=scrub(step.name, policy),
                table=step.table,
                rows_in=rows_in,
                rows_out=rows_out,
                reason=scrub(step.reason, policy),
            )
        )
    return tuple(reversed(shown))


def _kept(count: int, table: str, last: dict[str, int], policy: Policy, beside: Collection[float]) -> int | None:
    known = [*beside, last.get(table, count)]
    if count < policy.threshold or any(policy.too_few(abs(count - number)) for number in known):
        return None
    last[table] = count
    return int(to_nearest(count, policy.round_to)) if policy.round_to else count


def about(document: Mapping[str, Any]) -> dict[str, Any]:
    """Which of the plan's words may be published?

    Parameters
    ----------
    document : mapping
        The evaluation's words.

    Returns
    -------
    dict
        All of them; in the plan's text absolute paths are cut to the file's name.
    """
    public = dict(document)
    if isinstance(public.get("plan_text"), str):
        public["plan_text"] = _ABSOLUTE.sub(r"\1\2\1", public["plan_text"])
    return public


def manifest(document: Mapping[str, Any]) -> dict[str, Any]:
    """Which hashes and versions may be published?

    Parameters
    ----------
    document : mapping
        The evaluation's manifest.

    Returns
    -------
    dict
        Without counts of rows (the gate adds those of the steps that may be told); paths cut to
        the file's name.
    """
    return {key: _public(value) for key, value in document.items() if key not in COUNTING_KEYS}


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_file_name(str(key)): item for key, item in manifest(value).items()}
    if isinstance(value, list | tuple):
        return [_public(item) for item in value]
    if isinstance(value, PurePath):
        return value.name
    return _file_name(value) if isinstance(value, str) else value


def _file_name(text: str) -> str:
    """An absolute path cut to its last part; anything else as it is."""
    windows = PureWindowsPath(text)
    absolute = text.startswith(("/", "~/", "file:")) or (windows.drive and windows.root)
    return windows.name if absolute and "\n" not in text else text
