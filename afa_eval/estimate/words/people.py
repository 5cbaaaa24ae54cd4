"""Who a figure is about: group labels such as ``sen_provision=K & fsm=yes`` as people say them.

Names of needs follow the Common Basic Data Set (Department for Education, SEN type).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

NEEDS = {
    "SPLD": "specific learning difficulty",
    "MLD": "moderate learning difficulty",
    "SLD": "severe learning difficulty",
    "PMLD": "profound and multiple learning difficulty",
    "SEMH": "social, emotional and mental health needs",
    "BESD": "behaviour, emotional and social difficulties",
    "SLCN": "speech, language and communication needs",
    "HI": "hearing impairment",
    "VI": "vision impairment",
    "MSI": "multi-sensory impairment",
    "PD": "physical disability",
    "ASD": "autistic spectrum disorder",
    "DS": "Down syndrome",
    "OTH": "other difficulty or disability",
    "NSA": "SEN support but no specialist assessment of need",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How is one ``column=value`` said?

    Attributes
    ----------
    short : str
        On a chart or in a table: ``SEN support``.
    phrase : str
        After "pupils": ``on SEN support``.
    noun : str
        Instead of "pupils", where there is a word for them: ``girls``.
    """

    short: str
    phrase: str
    noun: str = ""


KINDS = {
    "sen_provision=N": Kind("No SEN", "without SEN"),
    "sen_provision=K": Kind("SEN support", "on SEN support"),
    "sen_provision=E": Kind("EHC plan", "with an EHC plan"),
    "sen_provision=A": Kind("School Action", "on School Action"),
    "sen_provision=P": Kind("School Action Plus", "on School Action Plus"),
    "sen_provision=S": Kind("Statement of SEN", "with a statement of SEN"),
    "sen=any": Kind("SEN", "with SEN"),
    "sen=none": Kind("No SEN", "without SEN"),
    "sen=all": Kind("All pupils", ""),
    "sen=support": Kind("SEN support", "on SEN support"),
    "sen=ehcp": Kind("EHC plan", "with an EHC plan"),
    "fsm=yes": Kind("Free school meals", "eligible for free school meals"),
    "fsm=no": Kind("No free school meals", "not eligible for free school meals"),
    "eal=yes": Kind("English additional", "with English as an additional language"),
    "eal=no": Kind("English first", "with English as a first language"),
    "sex=F": Kind("Girls", "", "girls"),
    "sex=M": Kind("Boys", "", "boys"),
    "phase=primary": Kind("Primary", "in primary schools"),
    "phase=secondary": Kind("Secondary", "in secondary schools"),
    "phase=special": Kind("Special", "in special schools"),
    "cohort=pilot": Kind("In the programme", "in the programme"),
    "cohort=In neither group": Kind("In neither group", "in neither group"),
    "cohort=comparison": Kind("Comparison", "in the comparison group"),
    "year_group=0": Kind("Reception", "in Reception"),
}


def kind(part: str) -> Kind:
    """How is one ``column=value`` said?

    Parameters
    ----------
    part : str
        For example ``year_group=7``.

    Returns
    -------
    Kind
        Its short label and its phrase; an unknown column is said by its own name.

    Examples
    --------
    >>> kind("year_group=7").phrase, kind("ethnicity=mixed").phrase
    ('in Year 7', 'whose ethnicity is mixed')
    """
    if part in KINDS:
        return KINDS[part]
    column, _, value = part.partition("=")
    if column == "year_group":
        return Kind(f"Year {value}", f"in Year {value}")
    if column in {"primary_need", "need"}:
        need = NEEDS.get(value.upper(), value)
        return Kind(need[:1].upper() + need[1:], f"with {need}")
    name = column.replace("_", " ")
    return Kind(f"{name[:1].upper()}{name[1:]}: {value}", f"whose {name} is {value}")


@lru_cache(maxsize=4096)  # a book asks for the same groups thousands of times
def parts(group: str) -> tuple[str, ...]:
    """Which ``column=value`` parts is a group made of?

    Parameters
    ----------
    group : str
        ``all`` or parts joined by `` & ``.

    Returns
    -------
    tuple of str
        Empty for ``all``.
    """
    return tuple(part.strip() for part in group.split(" & ") if part.strip() not in {"", "all"})


def sides(group: str) -> tuple[str, str] | None:
    """Which two groups does a contrast compare?

    Parameters
    ----------
    group : str
        For example ``sen=any - sen=none`` or ``sen_provision=K - rest``.

    Returns
    -------
    tuple of str or None
        Both sides; None where the group is no contrast.
    """
    left, mark, right = group.partition(" - ")
    return (left.strip(), right.strip()) if mark else None


def label(group: str, base: str = "pupils") -> str:
    """What is a group called on a chart or in a table?

    Parameters
    ----------
    group : str
        As in ``Estimate.group``.
    base : str
        What was counted; names everybody where the group is ``all``.

    Returns
    -------
    str
        A few words, the first with a capital.

    Examples
    --------
    >>> label("sen_provision=K & fsm=yes"), label("sen=any - sen=none")
    ('SEN support, free school meals', 'SEN minus no SEN')
    """
    both = sides(group)
    if both is not None:
        return f"{label(both[0])} minus {'the rest' if both[1] == 'rest' else _lower(label(both[1]))}"
    shorts = [kind(part).short for part in parts(group)]
    return ", ".join([shorts[0], *(_lower(short) for short in shorts[1:])]) if shorts else f"All {nouns(base)}"


def nouns(base: str) -> str:
    """What is the base called in a sentence?

    Parameters
    ----------
    base : str
        pupils, enrolments, parents, teachers or schools.

    Returns
    -------
    str
        Plain words: an enrolment is a pupil to most readers.
    """
    return "pupils" if base in {"enrolments", ""} else base


def _lower(text: str) -> str:
    """First letter small, unless it starts a name or an abbreviation."""
    keep = text[:2].isupper() or text.startswith(("Year ", "Reception", "English", "School Action", "Down"))
    return text if keep else text[:1].lower() + text[1:]


@lru_cache(maxsize=4096)
def people(group: str, base: str = "pupils") -> str:
    """Who is meant, as a sentence says it?

    Parameters
    ----------
    group : str
        As in ``Estimate.group``; of a contrast, the first side.
    base : str
        What was counted.

    Returns
    -------
    str
        A noun with what tells the group apart.

    Examples
    --------
    >>> people("sen_provision=K & fsm=yes"), people("sex=F & year_group=7"), people("sen=any", "parents")
    ('pupils on SEN support and eligible for free school meals', 'girls in Year 7', 'parents of pupils with SEN')
    """
    both = sides(group)
    if both is not None:
        group = both[0]
    if group == "rest":
        return f"other {nouns(base)}"
    said = [kind(part) for part in parts(group)]
    who = next((one.noun for one in said if one.noun), "pupils")
    phrases = [one.phrase for one in said if one.phrase]
    whole = " ".join([who, " and ".join(phrases)]) if phrases else who
    if not said:
        return "all pupils" if nouns(base) == "pupils" else base
    if nouns(base) == "pupils":
        return whole
    if base == "schools":
        return _schools(said)
    return f"{base} of {whole}"


def whom(group: str, base: str = "pupils") -> str:
    """Who is meant where a contrast names both its sides?

    Parameters
    ----------
    group : str
        As in ``Estimate.group``.
    base : str
        What was counted.

    Returns
    -------
    str
        As ``people``; of a contrast ``... compared with ...``.

    Examples
    --------
    >>> whom("sen_provision=K - rest")
    'pupils on SEN support compared with other pupils'
    """
    both = sides(group)
    if both is None:
        return people(group, base)
    return f"{people(both[0], base)} compared with {people(both[1], base)}"


def _schools(said: list[Kind]) -> str:
    """Schools are primary; they do not have pupils' features."""
    phases = [one.short.lower() for one in said if one.phrase.endswith("schools")]
    others = [one.phrase or one.noun for one in said if not one.phrase.endswith("schools")]
    return " ".join([*phases, "schools", *([f"({', '.join(others)})"] if others else [])])
