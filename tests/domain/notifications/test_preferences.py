"""What a chat chose is kept to, its quiet hours too, and what costs money not to know is always said."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.notifications.preferences import URGENT, Event, Volume, heard, is_quiet

EVENTS, VOLUMES, YES = st.sampled_from(Event), st.sampled_from(Volume), st.booleans()


@given(st.sampled_from(sorted(URGENT)), VOLUMES, YES, YES)
def test_urgent_news_is_said_in_private_whatever_was_chosen(
    event: Event, chosen: Volume, quiet: bool, has_digest: bool
) -> None:
    volume = heard(event, chosen, private=True, quiet=quiet, has_digest=has_digest)
    assert volume in {Volume.ON, Volume.SILENT}
    assert (volume is Volume.ON) is (chosen is Volume.ON)


@given(EVENTS, VOLUMES, YES, YES)
def test_nothing_is_louder_than_chosen_and_nothing_waits_for_a_digest_that_never_comes(
    event: Event, chosen: Volume, private: bool, quiet: bool
) -> None:
    volume = heard(event, chosen, private=private, quiet=quiet, has_digest=False)
    assert volume is not Volume.DIGEST
    assert volume is not Volume.ON or chosen is Volume.ON
    if chosen is Volume.OFF and not (private and event in URGENT):
        assert volume is Volume.OFF


@given(st.sampled_from(sorted(set(Event) - URGENT)), YES)
def test_quiet_hours_take_the_sound_and_no_words(event: Event, private: bool) -> None:
    options = {"private": private, "quiet": True, "has_digest": True}
    assert heard(event, Volume.ON, **options) is Volume.SILENT
    assert heard(event, Volume.DIGEST, **options) is Volume.DIGEST


def test_news_of_an_unknown_kind_is_news_all_the_same() -> None:
    assert heard("later", Volume.ON, private=False, quiet=False, has_digest=False) is Volume.ON


@pytest.mark.parametrize(
    ("hours", "zone", "at", "quiet"),
    [
        ((22 * 60, 7 * 60), "UTC", "2026-11-21T21:59:59", False),
        ((22 * 60, 7 * 60), "UTC", "2026-11-21T22:00:00", True),
        ((22 * 60, 7 * 60), "UTC", "2026-11-22T06:59:59", True),
        ((22 * 60, 7 * 60), "UTC", "2026-11-22T07:00:00", False),
        ((0, 8 * 60), "Asia/Tokyo", "2026-11-22T07:30:00", True),
        ((0, 8 * 60), "Asia/Tokyo", "2026-11-22T08:00:00", False),
        ((60, 60), "UTC", "2026-11-22T01:00:00", False),
    ],
)
def test_quiet_hours_are_those_of_the_zone(hours: tuple[int, int], zone: str, at: str, quiet: bool) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
    assert is_quiet(*hours, zone, int(now.timestamp() * 1000)) is quiet


def test_no_quiet_hours_are_never_quiet() -> None:
    assert not is_quiet(None, 60, "UTC", 0)
    assert not is_quiet(0, None, "UTC", 0)
