"""What a programme costs beside the field's own scale."""

from __future__ import annotations

import re
from typing import Any

# Education Endowment Foundation, "About the Toolkits: cost": pounds a pupil and year, upper ends.
BANDS = ((80, "very low"), (200, "low"), (720, "moderate"), (1200, "high"))
HIGHEST = "very high"
_AMOUNT = re.compile(r"^\s*(?:about |around |up to )?£?\s*(\d[\d,]*(?:\.\d+)?)", re.IGNORECASE)


def cost_band(programme: dict[str, Any]) -> str:
    """How does the Education Endowment Foundation's scale call what the programme cost?

    Parameters
    ----------
    programme : dict
        The plan's ``[programme]``; ``cost_per_pupil`` is a number or text that begins with one, in pounds a
        pupil and year.

    Returns
    -------
    str
        very low, low, moderate, high or very high; empty where the plan says no such number.

    Examples
    --------
    >>> cost_band({"cost_per_pupil": "£310 a pupil"}), cost_band({"cost_per_pupil": 80}), cost_band({})
    ('moderate', 'low', '')
    """
    found = _AMOUNT.match(str(programme.get("cost_per_pupil", "")))
    if found is None:
        return ""
    pounds = float(found[1].replace(",", ""))
    if pounds < BANDS[0][0]:
        return BANDS[0][1]
    return next((name for most, name in BANDS[1:] if pounds <= most), HIGHEST)
