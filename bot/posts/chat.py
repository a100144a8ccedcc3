"""`/schedule`: the posts of a chat by sentence and by buttons; in a group its administrators decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from bot.chat.admins import chat_of, may_manage
from bot.chat.request import Request
from bot.domain.alerts.alert import Loudness
from bot.domain.markets.market import UnknownSymbol
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import MarketKind
from bot.kernel.recurrence import timing_of
from bot.language.schedule import ScheduleFault, ScheduleLine, parse_schedule
from bot.notifications import outbox_rows
from bot.notifications.tables import Chat
from bot.posts import storage
from bot.posts.content import NoFunding, Posting
from bot.posts.events import PostsChanged
from bot.posts.tables import PostKind, PostState, ScheduledPost
from bot.posts.views import schedules as view
from bot.posts.views.schedules import ADD, NewPost, PostButton
from bot.ui import Message
from bot.ui import refusals as refusal_view
from bot.ui.callback_data import number

MOST: Final = 20  # posts of one chat
DIGEST_AT: Final = "20:00"
_STATES: Final = {"pause": PostState.PAUSED, "resume": PostState.ACTIVE, "delete": PostState.DELETED}


class _CannotBe(Exception):
    """A line that reads well and yet means nothing here; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message


async def schedule(request: Request, text: str = "") -> None:
    """The command, with or without words."""
    if not text:
        await _list(request)
        return
    line = parse_schedule(text)
    if isinstance(line, ScheduleFault):
        key = {"key": "fault", "word": line.word} if line.word else {"key": "incomplete"}
        await request.show_publicly(view.refused(request.here, **key))
    elif await may_manage(request):
        await _obey(request, line)


async def tapped(request: Request, button: PostButton) -> None:
    """A button: a post by its number, one of its acts, or a new one."""
    if button.subject == ADD:
        await _new(request, NewPost.read(button.act))
    elif (post_id := number(button.subject)) is not None:
        await _one(request, post_id, button.act)
    else:
        await _list(request)


async def _new(request: Request, new: NewPost) -> None:
    if new.choice:
        await _line(request, f"{new.kind} {_spoken(new.kind, new.choice)}")
    elif new.kind not in view.KINDS:
        await _list(request)
    elif await may_manage(request):
        await request.show_publicly(view.ask_when(request.here, new.kind))


async def _one(request: Request, post_id: int, act: str) -> None:
    post = await _find(request, post_id)
    if post is None:
        await _list(request)
    elif not act:
        await request.show_publicly(view.post(request.here, _view(request, post)))
    elif act in {"on", "silent"}:
        await _line(request, f"{post_id} {'loud' if act == 'on' else 'silent'}")
    else:
        await _line(request, f"{post_id} {_spoken(post.kind, act)}")


def _spoken(kind: str, choice: str) -> str:
    """A choice of a button as it would be typed."""
    if choice.endswith(("m", "h")):
        return f"{choice} before" if kind == PostKind.FUNDING_TABLE else f"every {choice}"
    return choice


async def _line(request: Request, text: str) -> None:
    """A tap is a sentence, too; one that cannot be read was forged."""
    line = parse_schedule(text)
    if isinstance(line, ScheduleFault):
        await _list(request)
    elif await may_manage(request):
        await _obey(request, line)


async def _obey(request: Request, line: ScheduleLine) -> None:
    is_new = line.post_id is None or line.act == "resume"
    if is_new and not request.services.access.admits(request.user):
        await request.show_publicly(refusal_view.refusal(request.here, Refusal(RefusalCode.CLOSING_ONLY)))
        return
    chat = await chat_of(request)
    try:
        said = await (_change(request, line) if line.post_id is not None else _add(request, chat, line))
    except _CannotBe as refusal:
        await request.show_publicly(refusal.message)
        return
    request.services.events.tell(PostsChanged())
    await _list(request, said)


async def _add(request: Request, chat: Chat, line: ScheduleLine) -> Markup:
    if line.kind is None or line.act is not None:
        raise _CannotBe(view.refused(request.here, "incomplete"))
    zone = line.zone or _zone(request, chat)
    when = await _when(request, line, PostKind(line.kind))
    if when is None:
        raise _CannotBe(view.ask_when(request.here, line.kind))
    await _write(request, chat, PostKind(line.kind), when, zone, line.loudness or Loudness.ON)
    return view.saved(request.here)


async def _write(
    request: Request, chat: Chat, kind: PostKind, when: dict[str, Any], zone: str, loudness: Loudness
) -> None:
    now, source = request.services.clock(), request.source(f"schedule {kind}")
    post = ScheduledPost(
        user_id=request.user.id,
        chat_id=chat.id,
        thread_id=request.sender.thread_id,
        kind=kind,
        when=when,
        time_zone=zone,
        loudness=loudness,
        due_ms=timing_of(when, zone).after(now),
        source=source,
        created_ms=now,
    )
    async with request.services.database.write() as session:
        if await storage.of_source(session, source) is not None:
            return  # Telegram brought the message again
        if len(await storage.of_chat(session, chat.id)) >= MOST:
            raise _CannotBe(view.refused(request.here, "full", n=str(MOST)))
        await storage.add(session, post)


async def _change(request: Request, line: ScheduleLine) -> Markup:
    """Pause, resume, delete, or say anew when and how loud."""
    post = None if line.post_id is None else await _find(request, line.post_id)
    if post is None or (line.kind is not None and line.kind != post.kind):
        raise _CannotBe(view.refused(request.here, "unknown", id=str(line.post_id)))
    zone = line.zone or post.time_zone
    if line.days is not None and line.minute is None and "at" in post.when:
        hours, minutes = str(post.when["at"]).split(":")
        line = replace(line, minute=int(hours) * 60 + int(minutes))
    when = await _when(request, line, post.kind) or dict(post.when)
    values: dict[str, Any] = {"when": when, "time_zone": zone}
    values["due_ms"] = timing_of(when, zone).after(request.services.clock())
    if line.loudness is not None:
        values["loudness"] = line.loudness
    if line.act is not None:
        values["state"] = _STATES[line.act]
    async with request.services.database.write() as session:
        await storage.change(session, post.id, post.chat_id, **values)
        if not await storage.with_digest(session, [post.chat_id]):
            await outbox_rows.release_gathered(session, post.chat_id)
    request.services.outbox.kick()
    deleted = line.act == "delete"
    return view.deleted(request.here, post.id) if deleted else view.saved(request.here)


async def _when(request: Request, line: ScheduleLine, kind: PostKind) -> dict[str, Any] | None:
    """The timing a line says; None when it says none."""
    if line.symbol is not None and line.lead_ms is None:
        raise _CannotBe(view.refused(request.here, "fault", word=line.symbol))
    if line.lead_ms is not None and kind is not PostKind.FUNDING_TABLE:
        raise _CannotBe(view.refused(request.here, "incomplete"))
    if line.lead_ms is not None:
        return await _settlement(request, line.lead_ms, line.symbol)
    if line.every_ms is not None:
        return {"every_ms": line.every_ms}
    if line.minute is None:
        return None
    days = {"days": sorted(line.days)} if line.days is not None else {}
    return {"at": f"{line.minute // 60:02d}:{line.minute % 60:02d}"} | days


async def _settlement(request: Request, lead_ms: int, mention: str | None) -> dict[str, Any]:
    symbol = None
    if mention is not None:
        found = await request.services.catalogue.resolve(mention, MarketKind.PERP)
        if isinstance(found, UnknownSymbol):
            raise _CannotBe(view.refused(request.here, "no-market", word=mention))
        symbol = found.market.symbol
    try:
        return await request.service(Posting).settlement(lead_ms, symbol)
    except NoFunding:
        raise _CannotBe(view.refused(request.here, "no-market", word=mention or "")) from None


async def ensure_digest(request: Request, chat: Chat) -> None:
    """What is to wait for a digest needs one: daily in the evening, until somebody says otherwise."""
    async with request.services.database.read() as session:
        if await storage.with_digest(session, [chat.id]):
            return
    await _write(request, chat, PostKind.DAILY_DIGEST, {"at": DIGEST_AT}, _zone(request, chat), Loudness.ON)
    request.services.events.tell(PostsChanged())


def _zone(request: Request, chat: Chat) -> str:
    return request.user.time_zone if request.sender.private else chat.time_zone


async def _find(request: Request, post_id: int) -> ScheduledPost | None:
    async with request.services.database.read() as session:
        return await storage.get(session, post_id, request.sender.chat_id)


async def _list(request: Request, said: Markup | None = None) -> None:
    async with request.services.database.read() as session:
        found = await storage.of_chat(session, request.sender.chat_id)
    shown = [_view(request, post) for post in found]
    await request.show_publicly(
        view.schedules(request.here, shown, private=request.sender.private, said=said)
    )


def _view(request: Request, post: ScheduledPost) -> view.PostView:
    return view.PostView(
        post.id,
        post.kind,
        post.when,
        post.time_zone,
        post.loudness,
        post.state is PostState.PAUSED,
        post.due_ms,
        here=post.thread_id == request.sender.thread_id,
    )
