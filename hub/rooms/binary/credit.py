"""How many binary frames, and bytes of them, a client may have on their way into the log."""

from __future__ import annotations

MAX_FRAMES = 128
MAX_BYTES = 1024 * 1024


class Credit:
    """``frames`` and ``bytes`` are what the client may still send; what it sent is owed once accepted."""

    __slots__ = ("_owed_bytes", "_owed_frames", "bytes", "frames")

    def __init__(self) -> None:
        self.frames = self.bytes = 0
        self._owed_frames, self._owed_bytes = MAX_FRAMES, MAX_BYTES

    @property
    def is_owed(self) -> bool:
        return self._owed_frames > 0

    def spend(self, size: int) -> bool:
        """Whether a frame of so many bytes is within it; then it is spent."""
        if self.frames < 1 or self.bytes < size:
            return False
        self.frames -= 1
        self.bytes -= size
        return True

    def give_back(self, frames: int, size: int) -> None:
        """So many frames and bytes were accepted."""
        self._owed_frames += frames
        self._owed_bytes += size

    def grant(self, limit: int) -> tuple[int, int]:
        """Move what is owed to what the client may send, up to so many frames in all; what was moved."""
        frames = max(0, min(self._owed_frames, limit - self.frames))
        size = self._owed_bytes if frames else 0
        self.frames += frames
        self.bytes += size
        self._owed_frames -= frames
        self._owed_bytes -= size
        return frames, size
