"""What the hub asks of its application for shared documents."""

from __future__ import annotations

from collections.abc import Sequence


class DocumentStore:
    """Keeps documents, each as one update of Yjs. This one keeps none: they last as long as the log."""

    async def document(self, topic: str, /) -> tuple[bytes, int]:
        """A document, and up to which position it has everything; nothing, and 0, at first."""
        return b"", 0

    async def documents(self, names: Sequence[str] | None = None, /) -> dict[str, int]:
        """Up to which position each of these documents is kept, by topic; of all that there are if none are
        given."""
        return {}

    async def store_document(self, topic: str, snapshot: bytes, position: int, /, *, base: int) -> int:
        """Keep a document, with everything up to a position. It contains what was kept up to ``base``: if
        more was kept meanwhile, it is merged into that. Up to which position it is kept then."""
        return position
