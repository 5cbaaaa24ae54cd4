"""One file per evaluation question; ``DESIGNS`` lists them by the name a plan uses."""

from afa_eval.designs.base import Design, Selection
from afa_eval.designs.parent_engagement import ParentEngagement
from afa_eval.designs.persistent_absence import PersistentAbsence
from afa_eval.designs.pre_post_progress import PrePostProgress

DESIGNS: dict[str, type[Design]] = {
    design.slug: design for design in (PrePostProgress, PersistentAbsence, ParentEngagement)
}

__all__ = ["DESIGNS", "Design", "ParentEngagement", "PersistentAbsence", "PrePostProgress", "Selection"]
