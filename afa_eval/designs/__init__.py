"""One file per evaluation question; ``DESIGNS`` lists them by the name a plan uses."""

from afa_eval.designs.base import Design, Selection
from afa_eval.designs.persistent_absence import PersistentAbsence

DESIGNS: dict[str, type[Design]] = {design.slug: design for design in (PersistentAbsence,)}

__all__ = ["DESIGNS", "Design", "PersistentAbsence", "Selection"]
