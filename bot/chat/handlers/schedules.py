"""`/schedule`: the posts of a chat by sentence and by buttons; in a group its administrators decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from bot.chat.admins import chat_of, may_manage
from bot.chat.posting import NoFunding
from bot.chat.turn import Turn
from bot.domain.alert import Loudness
from bot.domain.market import UnknownSymbol
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.timing import timing_of
from bot.domain.values import MarketKind
from bot.grammar.schedule import ScheduleFault, ScheduleLine, parse_schedule
from bot.store import outbox, posts
from bot.store.post_tables import Chat, PostKind, PostState, ScheduledPost
from bot.view import Message
from bot.view import refusals as refusal_view
from bot.view import schedules as view

MOST: Final = 20  # posts of one chat
DIGEST_AT: Final = "20:00"
_STATES: Final = {"pause": PostState.PAUSED, "resume": PostState.ACTIVE, "delete": PostState.DELETED}


class _CannotBe(Exception):
    """A line that reads well and yet means nothing here; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message


async def schedule(turn: Turn, text: str = "") -> None:
    """The command, with or without words."""
    if not text:
        await _list(turn)
        return
    line = parse_schedule(text)
    if isinstance(line, ScheduleFault):
        key = {"key": "fault", "word": line.word} if line.word else {"key": "incomplete"}
        await turn.show_publicly(view.refused(turn.here, **key))
    elif await may_manage(turn):
        await _obey(turn, line)


async def tapped(turn: Turn, argument: str) -> None:
    """A button: a post by its number, one of its acts, or a new one."""
    subject, _, act = argument.partition(":")
    if subject == "add" and act in view.KINDS:
        if await may_manage(turn):
            await turn.show_publicly(view.ask_when(turn.here, act))
    elif subject == "add":
        kind, _, choice = act.partition(":")
        await _line(turn, f"{kind} {_spoken(kind, choice)}")
    elif subject.isdecimal() and len(subject) < 10:
        await _one(turn, int(subject), act)
    else:
        await _list(turn)


async def _one(turn: Turn, post_id: int, act: str) -> None:
    post = await _find(turn, post_id)
    if post is None:
        await _list(turn)
    elif not act:
        await turn.show_publicly(view.post(turn.here, _view(turn, post)))
    elif act in {"on", "silent"}:
        await _line(turn, f"{post_id} {'loud' if act == 'on' else 'silent'}")
    else:
        await _line(turn, f"{post_id} {_spoken(post.kind, act)}")


def _spoken(kind: str, choice: str) -> str:
    """A choice of a button as it would be typed."""
    if choice.endswith(("m", "h")):
        return f"{choice} before" if kind == PostKind.FUNDING_TABLE else f"every {choice}"
    return choice


async def _line(turn: Turn, text: str) -> None:
    """A tap is a sentence, too; one that cannot be read was forged."""
    line = parse_schedule(text)
    if isinstance(line, ScheduleFault):
        await _list(turn)
    elif await may_manage(turn):
        await _obey(turn, line)


async def _obey(turn: Turn, line: ScheduleLine) -> None:
    is_new = line.post_id is None or line.act == "resume"
    if is_new and not turn.services.access.admits(turn.user):
        await turn.show_publicly(refusal_view.refusal(turn.here, Refusal(RefusalCode.CLOSING_ONLY)))
        return
    chat = await chat_of(turn)
    try:
        said = await (_change(turn, line) if line.post_id is not None else _add(turn, chat, line))
    except _CannotBe as refusal:
        await turn.show_publicly(refusal.message)
        return
    turn.services.posts_changed()
    await _list(turn, said)


async def _add(turn: Turn, chat: Chat, line: ScheduleLine) -> Markup:
    if line.kind is None or line.act is not None:
        raise _CannotBe(view.refused(turn.here, "incomplete"))
    zone = line.zone or _zone(turn, chat)
    when = await _when(turn, line, PostKind(line.kind))
    if when is None:
        raise _CannotBe(view.ask_when(turn.here, line.kind))
    await _write(turn, chat, PostKind(line.kind), when, zone, line.loudness or Loudness.ON)
    return view.saved(turn.here)


async def _write(
    turn: Turn, chat: Chat, kind: PostKind, when: dict[str, Any], zone: str, loudness: Loudness
) -> None:
    now, source = turn.services.clock(), turn.source(f"schedule {kind}")
    post = ScheduledPost(
        user_id=turn.user.id,
        chat_id=chat.id,
        thread_id=turn.sender.thread_id,
        kind=kind,
        when=when,
        time_zone=zone,
        loudness=loudness,
        due_ms=timing_of(when, zone).after(now),
        source=source,
        created_ms=now,
    )
    async with turn.services.database.write() as session:
        if await posts.of_source(session, source) is not None:
            return  # Telegram brought the message again
        if len(await posts.of_chat(session, chat.id)) >= MOST:
            raise _CannotBe(view.refused(turn.here, "full", n=str(MOST)))
        await posts.add(session, post)


async def _change(turn: Turn, line: ScheduleLine) -> Markup:
    """Pause, resume, delete, or say anew when and how loud."""
    post = await _find(turn, line.post_id or 0)
    if post is None or (line.kind is not None and line.kind != post.kind):
        raise _CannotBe(view.refused(turn.here, "unknown", id=str(line.post_id)))
    zone = line.zone or post.time_zone
    if line.days is not None and line.minute is None and "at" in post.when:
        hours, minutes = str(post.when["at"]).split(":")
        line = replace(line, minute=int(hours) * 60 + int(minutes))
    when = await _when(turn, line, post.kind) or dict(post.when)
    values: dict[str, Any] = {"when": when, "time_zone": zone}
    values["due_ms"] = timing_of(when, zone).after(turn.services.clock())
    if line.loudness is not None:
        values["loudness"] = line.loudness
    if line.act is not None:
        values["state"] = _STATES[line.act]
    async with turn.services.database.write() as session:
        await posts.change(session, post.id, post.chat_id, **values)
        if not await posts.with_digest(session, [post.chat_id]):
            await outbox.release_gathered(session, post.chat_id)
    turn.services.outbox.kick()
    deleted = line.act == "delete"
    return view.deleted(turn.here, post.id) if deleted else view.saved(turn.here)


async def _when(turn: Turn, line: ScheduleLine, kind: PostKind) -> dict[str, Any] | None:
    """The timing a line says; None when it says none."""
    if line.symbol is not None and line.lead_ms is None:
        raise _CannotBe(view.refused(turn.here, "fault", word=line.symbol))
    if line.lead_ms is not None and kind is not PostKind.FUNDING_TABLE:
        raise _CannotBe(view.refused(turn.here, "incomplete"))
    if line.lead_ms is not None:
        return await _settlement(turn, line.lead_ms, line.symbol)
    if line.every_ms is not None:
        return {"every_ms": line.every_ms}
    if line.minute is None:
        return None
    days = {"days": sorted(line.days)} if line.days is not None else {}
    return {"at": f"{line.minute // 60:02d}:{line.minute % 60:02d}"} | days


async def _settlement(turn: Turn, lead_ms: int, mention: str | None) -> dict[str, Any]:
    symbol = None
    if mention is not None:
        found = await turn.services.catalogue.resolve(mention, MarketKind.PERP)
        if isinstance(found, UnknownSymbol):
            raise _CannotBe(view.refused(turn.here, "no-market", word=mention))
        symbol = found.market.symbol
    try:
        return await turn.services.posting.settlement(lead_ms, symbol)
    except NoFunding:
        raise _CannotBe(view.refused(turn.here, "no-market", word=mention or "")) from None


async def ensure_digest(turn: Turn, chat: Chat) -> None:
    """What is to wait for a digest needs one: daily in the evening, until somebody says otherwise."""
    async with turn.services.database.read() as session:
        if await posts.with_digest(session, [chat.id]):
            return
    await _write(turn, chat, PostKind.DAILY_DIGEST, {"at": DIGEST_AT}, _zone(turn, chat), Loudness.ON)
    turn.services.posts_changed()


def _zone(turn: Turn, chat: Chat) -> str:
    return turn.user.time_zone if turn.sender.private else chat.time_zone


async def _find(turn: Turn, post_id: int) -> ScheduledPost | None:
    async with turn.services.database.read() as session:
        return await posts.get(session, post_id, turn.sender.chat_id)


async def _list(turn: Turn, said: Markup | None = None) -> None:
    async with turn.services.database.read() as session:
        found = await posts.of_chat(session, turn.sender.chat_id)
    shown = [_view(turn, post) for post in found]
    await turn.show_publicly(view.schedules(turn.here, shown, private=turn.sender.private, said=said))


def _view(turn: Turn, post: ScheduledPost) -> view.PostView:
    return view.PostView(
        post.id,
        post.kind,
        post.when,
        post.time_zone,
        post.loudness,
        post.state is PostState.PAUSED,
        post.due_ms,
        here=post.thread_id == turn.sender.thread_id,
    )
