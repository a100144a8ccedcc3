"""How late a message comes that was due at a set time."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from bot.ui.locale import Locale


@dataclass(frozen=True, slots=True)
class Lateness:
    """`late_ms` past its time, standing for `missed` earlier ones that were never said."""

    late_ms: int = 0
    missed: int = 0


def lateness(locale: Locale, when: Lateness) -> list[Markup]:
    """What is said first by a post that comes late; nothing by one in time."""
    said = []
    if when.late_ms:
        said.append(locale.text("post-late", late=locale.duration(when.late_ms // 1000)))
    if when.missed:
        said.append(locale.text("post-missed", n=when.missed))
    return said
