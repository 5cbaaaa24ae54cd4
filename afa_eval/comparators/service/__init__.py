"""The Department's statistics service (Explore Education Statistics): publications, data sets, queries, files."""

from afa_eval.comparators.service.client import Service
from afa_eval.comparators.service.fetching import Change, Fetched, fetch
from afa_eval.comparators.service.shapes import Answer, Cell, DataSet, Meta, Publication, Version

__all__ = ["Answer", "Cell", "Change", "DataSet", "Fetched", "Meta", "Publication", "Service", "Version", "fetch"]
