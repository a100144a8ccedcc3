"""How loud a chat is: for oneself in private; in a group its administrators choose, topic by topic."""

from __future__ import annotations

from typing import Final

from bot.chat import group_language
from bot.chat.admins import chat_of, may_manage
from bot.chat.events import DigestChosen
from bot.chat.request import Request
from bot.domain.notifications.preferences import URGENT, Event, Volume
from bot.domain.values import Language
from bot.notifications import chats, outbox_rows
from bot.notifications import views as noise_view
from bot.notifications.tables import Chat
from bot.notifications.views import NoiseButton
from bot.preferences.chat.settings import QUIET_HOURS, ZONES, clock_range, quiet_columns
from bot.ui import Locale

_GROUP_SETTINGS: Final = ("quiet", "zone", "language")


async def noise(request: Request, _: str = "", *, saved: Event | None = None) -> None:
    """The page of this chat, or of this topic."""
    sender, services = request.sender, request.services
    chat = await chat_of(request)
    async with services.database.read() as session:
        chosen = await chats.volumes(session, [chat.id])
        waiting = len(await outbox_rows.gathered(session, chat.id))
    events = noise_view.PRIVATE_EVENTS if sender.private else noise_view.GROUP_EVENTS
    place = request.user if sender.private else chat
    view = noise_view.NotificationsView(
        {event: chats.volume_of(chosen, chat.id, sender.thread_id, event) for event in events},
        private=sender.private,
        is_topic=sender.thread_id is not None,
        quiet_from=place.quiet_from,
        quiet_to=place.quiet_to,
        time_zone=place.time_zone,
        gathered=waiting,
    )
    is_operator = request.user.id in services.access.admins
    await request.show_publicly(noise_view.noise(request.here, view, operator=is_operator, saved=saved))


async def choose(request: Request, button: NoiseButton) -> None:
    """A button of the page: open one kind of news, or store what was tapped."""
    name, value = button.name, button.value
    if name in _GROUP_SETTINGS and not request.sender.private:
        await _group_setting(request, name, value)
    elif name not in set(Event):
        await noise(request)
    elif not await may_manage(request):
        return
    elif value in set(Volume):
        await _store(request, Event(name), Volume(value))
    else:
        await _ask(request, Event(name))


async def _ask(request: Request, event: Event) -> None:
    async with request.services.database.read() as session:
        chosen = await chats.volumes(session, [request.sender.chat_id])
    volume = chats.volume_of(chosen, request.sender.chat_id, request.sender.thread_id, event)
    await request.show_publicly(
        noise_view.volume_choice(request.here, event, volume, private=request.sender.private)
    )


async def _store(request: Request, event: Event, volume: Volume) -> None:
    sender = request.sender
    if sender.private and event in URGENT and volume in {Volume.DIGEST, Volume.OFF}:
        await _ask(request, event)  # not offered: the tap is forged, or older than the rule
        return
    chat = await chat_of(request)
    async with request.services.database.write() as session:
        await chats.set_volume(session, chat.id, sender.thread_id, event, volume)
    if volume is Volume.DIGEST:
        await request.services.events.publish(DigestChosen(request, chat))
    await noise(request, saved=event)


async def _group_setting(request: Request, name: str, value: str) -> None:
    if not await may_manage(request):
        return
    chat = await chat_of(request)
    change = _change(name, value)
    if change is None:
        options, chosen = _options(name, chat)
        await request.show_publicly(noise_view.chat_choice(request.here, name, options, chosen))
        return
    async with request.services.database.write() as session:
        await chats.change(session, chat.id, **change)
    request.place = await group_language.learn(
        request.services.database, chat.id, chat.title, request.services.clock()
    )
    await noise(request)


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
