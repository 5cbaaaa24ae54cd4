"""Has every UPN the check letter it needs?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.codes import upn
from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA606", QUERY)
def upns_have_their_check_letter(handed: Handed) -> Iterator[Problem]:
    """Has every UPN the check letter it needs?"""
    name = next((name for name, table in handed.tables.items() if table.has("pupil_id")), None)
    if name is None:  # the other tables' identifiers are looked up in this one
        return
    pupils = handed.tables[name].identifiers("pupil_id")
    if max(map(len, pupils.texts), default=0) < upn.LENGTH:
        return
    texts = [upn.normal(each) if len(each) >= upn.LENGTH else "" for each in pupils.texts]
    wrong = np.array([bool(text) and bool(upn.FORM.fullmatch(text)) for text in texts], dtype=bool)
    wrong[wrong] = ~upn.valid([text for text, formed in zip(texts, wrong, strict=True) if formed])
    if wrong.any():
        yield Problem(
            message="This UPN does not have the check letter it needs: a character is wrong.",
            fix="Correct it in the system it comes from; until then no other file may link to the pupil.",
            table=name,
            column="pupil_id",
            where=(pupils.codes >= 0) & wrong[pupils.codes],
        )
