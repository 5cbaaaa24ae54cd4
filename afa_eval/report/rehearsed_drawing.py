"""Imported by a process that writes pages, or that their writers are forked from: all that a first drawing takes is done."""

from afa_eval.report import rehearsal

rehearsal.writing()
