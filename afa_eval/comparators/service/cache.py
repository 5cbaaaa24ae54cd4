"""What the service answered before: one file an answer, with the release's id and the hash of its bytes."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from afa_eval.errors import ComparatorError


@dataclass(frozen=True, slots=True)
class Kept:
    """Which answer was kept, and what was it an answer to?

    Attributes
    ----------
    request : str
        Method, address and body.
    release : str
        Id and version of the data set, or id of the file.
    sha256 : str
        Of ``body``.
    fetched : str
        When, in ISO 8601.
    body : bytes
        Decompressed.
    """

    request: str
    release: str
    sha256: str
    fetched: str
    body: bytes


class Cache:
    """Where are answers kept?

    Parameters
    ----------
    folder : Path
        Made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, request: str) -> Kept | None:
        """Was this asked before?

        Parameters
        ----------
        request : str
            Method, address and body.

        Returns
        -------
        Kept or None
            None where it was not.

        Raises
        ------
        ComparatorError
            Where the kept bytes no longer have the hash they were kept with.
        """
        about, body = self._paths(request)
        if not (about.is_file() and body.is_file()):
            return None
        said, data = json.loads(about.read_text(encoding="utf-8")), body.read_bytes()
        if hashlib.sha256(data).hexdigest() != said["sha256"]:
            raise ComparatorError(
                f"The kept answer {body.name} was changed on disk: delete {self.folder} and ask again."
            )
        return Kept(body=data, **said)

    def put(self, request: str, release: str, fetched: str, data: bytes) -> Kept:
        """How is an answer kept?

        Parameters
        ----------
        request, release, fetched : str
            As ``Kept``.
        data : bytes
            The answer.

        Returns
        -------
        Kept
            As it will be found again; written whole or not at all.
        """
        kept = Kept(request, release, hashlib.sha256(data).hexdigest(), fetched, data)
        about, body = self._paths(request)
        self.folder.mkdir(parents=True, exist_ok=True)
        said = {name: value for name, value in asdict(kept).items() if name != "body"}
        _write(body, data)
        _write(about, json.dumps(said, indent=1).encode())
        return kept

    def _paths(self, request: str) -> tuple[Path, Path]:
        key = hashlib.sha256(request.encode()).hexdigest()[:32]
        return self.folder / f"{key}.json", self.folder / f"{key}.body"


def _write(path: Path, data: bytes) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(draft).replace(path)
