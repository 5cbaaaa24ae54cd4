"""Page templates that were compiled once in a process, or in the one it was forked from, are not compiled again."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


@dataclass(slots=True, eq=False)
class Compiled(BytecodeCache):
    """Which templates has this process compiled? Only what one kind of environment compiles belongs in one of these.

    Attributes
    ----------
    known : dict
        From a template's name and place, and what stands in it, to its code. It is kept in memory alone:
        a file could have been written by anybody.

    Examples
    --------
    >>> import jinja2
    >>> kept, loader = Compiled(), jinja2.DictLoader({"page": "{{ 1 + 1 }}"})
    >>> jinja2.Environment(loader=loader, bytecode_cache=kept).get_template("page").render(), len(kept.known)
    ('2', 1)
    """

    known: dict[tuple[str, str], CodeType] = field(default_factory=dict)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Is it known? Then it is put where Jinja looks for it.

        Parameters
        ----------
        bucket : Bucket
            Of a template.
        """
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template that was just compiled.

        Parameters
        ----------
        bucket : Bucket
            With its code.
        """
        if bucket.code is not None:
            self.known[bucket.key, bucket.checksum] = bucket.code
