"""What happens to scheduled posts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostsChanged:
    """A post was made, changed or ended: the next one may be due at another time."""
