"""Imported by the process that the makers of books are forked from: they find all done that a rehearsal does."""

from afa_eval.report import rehearsal

rehearsal.writing()
rehearsal.building()
