"""Large answers over a run, made once for each scope and kept compressed: a run never changes."""

import gzip
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from landgis.workflows.held import Held

#: Some runs in several colours; the columns of 100 000 parcels take 2 MB.
_HELD_BYTES: Final = 64 << 20


@dataclass(frozen=True)
class Answer:
    """A JSON text, compressed, with the tag of its content."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, text: bytes) -> "Answer":
        """Compress a text; equal texts have equal tags."""
        tag = hashlib.blake2b(text, digest_size=10).hexdigest()
        return cls(gzip.compress(text, 6, mtime=0), f'"{tag}"')

    def sent(self, request: Request) -> Response:
        """Send it: 304 where the browser has it, and plain to whoever cannot unpack it."""
        headers = {"ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(self.body), media_type="application/json", headers=headers)
        return Response(self.body, media_type="application/json", headers=headers | {"Content-Encoding": "gzip"})


class Answers:
    """The answers asked for last, up to so many bytes, each for the scope it was made in."""

    def __init__(self, held: Held[Hashable, Answer] | None = None) -> None:
        self._held = held or Held(_HELD_BYTES, weigh=lambda answer: len(answer.body))

    def within(self, scope: Hashable) -> "Answers":
        """Give the same room to another scope."""
        return Answers(self._held.within(scope))

    def get(self, key: Hashable, make: Callable[[], bytes]) -> Answer:
        """Give the answer for a key, made where it is not held."""
        return self._held.get(key, lambda: Answer.of(make()))
