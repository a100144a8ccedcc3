"""How loud a chat is: for oneself in private; in a group its administrators choose, topic by topic."""

from __future__ import annotations

from typing import Final

from bot.chat import group_language
from bot.chat.admins import chat_of, may_manage
from bot.chat.request import Request
from bot.domain.notifications.preferences import URGENT, Event, Volume
from bot.domain.values import Language
from bot.notifications import chats, outbox_rows
from bot.notifications import views as noise_view
from bot.notifications.tables import Chat
from bot.posts.chat import ensure_digest
from bot.preferences.chat.settings import QUIET_HOURS, ZONES, clock_range, quiet_columns
from bot.ui import Locale

_GROUP_SETTINGS: Final = ("quiet", "zone", "language")


async def noise(turn: Request, _: str = "", *, saved: Event | None = None) -> None:
    """The page of this chat, or of this topic."""
    sender, services = turn.sender, turn.services
    chat = await chat_of(turn)
    async with services.database.read() as session:
        chosen = await chats.volumes(session, [chat.id])
        waiting = len(await outbox_rows.gathered(session, chat.id))
    events = noise_view.PRIVATE_EVENTS if sender.private else noise_view.GROUP_EVENTS
    place = turn.user if sender.private else chat
    view = noise_view.NotificationsView(
        {event: chats.volume_of(chosen, chat.id, sender.thread_id, event) for event in events},
        private=sender.private,
        is_topic=sender.thread_id is not None,
        quiet_from=place.quiet_from,
        quiet_to=place.quiet_to,
        time_zone=place.time_zone,
        gathered=waiting,
    )
    is_operator = turn.user.id in services.admin_ids
    await turn.show_publicly(noise_view.noise(turn.here, view, operator=is_operator, saved=saved))


async def choose(turn: Request, argument: str) -> None:
    """A button of the page: open one kind of news, or store what was tapped."""
    name, _, value = argument.partition(":")
    if name in _GROUP_SETTINGS and not turn.sender.private:
        await _group_setting(turn, name, value)
    elif name not in set(Event):
        await noise(turn)
    elif not await may_manage(turn):
        return
    elif value in set(Volume):
        await _store(turn, Event(name), Volume(value))
    else:
        await _ask(turn, Event(name))


async def _ask(turn: Request, event: Event) -> None:
    async with turn.services.database.read() as session:
        chosen = await chats.volumes(session, [turn.sender.chat_id])
    volume = chats.volume_of(chosen, turn.sender.chat_id, turn.sender.thread_id, event)
    await turn.show_publicly(noise_view.volume_choice(turn.here, event, volume, private=turn.sender.private))


async def _store(turn: Request, event: Event, volume: Volume) -> None:
    sender = turn.sender
    if sender.private and event in URGENT and volume in {Volume.DIGEST, Volume.OFF}:
        await _ask(turn, event)  # not offered: the tap is forged, or older than the rule
        return
    chat = await chat_of(turn)
    async with turn.services.database.write() as session:
        await chats.set_volume(session, chat.id, sender.thread_id, event, volume)
    if volume is Volume.DIGEST:
        await ensure_digest(turn, chat)
    await noise(turn, saved=event)


async def _group_setting(turn: Request, name: str, value: str) -> None:
    if not await may_manage(turn):
        return
    chat = await chat_of(turn)
    change = _change(name, value)
    if change is None:
        options, chosen = _options(name, chat)
        await turn.show_publicly(noise_view.chat_choice(turn.here, name, options, chosen))
        return
    async with turn.services.database.write() as session:
        await chats.change(session, chat.id, **change)
    turn.place = await group_language.learn(
        turn.services.database, chat.id, chat.title, turn.services.clock()
    )
    await noise(turn)


def _options(name: str, chat: Chat) -> tuple[list[tuple[str, str]], str]:
    if name == "language":
        named = [(language.value, Locale.of(language).plain("language-name")) for language in Language]
        return named, chat.language
    if name == "zone":
        return [(zone, zone) for zone in ZONES], chat.time_zone
    hours = [(hours, hours) for hours in QUIET_HOURS]
    return hours, clock_range(chat.quiet_from, chat.quiet_to)


def _change(name: str, value: str) -> dict[str, str | int | None] | None:
    """The columns a tapped value sets; None for one we did not offer."""
    if name == "language" and value in {language.value for language in Language}:
        return {"language": value}
    if name == "zone" and value in ZONES:
        return {"time_zone": value}
    if name == "quiet" and value in QUIET_HOURS:
        return quiet_columns(value)
    return None
