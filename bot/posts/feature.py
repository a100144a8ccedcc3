"""Scheduled posts: what may be set in a chat, and when they are made."""

from __future__ import annotations

from typing import Final

from bot.chat.events import DigestChosen
from bot.chat.feature import ActClass, Command, Feature, typed
from bot.chat.menus import MenuPart
from bot.chat.services import Part, Services
from bot.exchange.backpack import BackpackClient
from bot.kernel.jobs import Runs, Schedule
from bot.marketdata import FundingHistory
from bot.notifications.events import ChatMigrated, DigestsSought
from bot.posts import chat, storage, tables
from bot.posts.content import Posting
from bot.posts.events import PostsChanged
from bot.posts.jobs import Posts
from bot.posts.views.schedules import PostButton

SETTLEMENTS_S: Final = 5.0
TIDY_S: Final = 3600.0


def _posting(services: Services) -> Posting:
    client, funding = services.get(BackpackClient), services.get(FundingHistory)
    return Posting(services.database, client, services.catalogue, funding, clock=services.clock)


def _subscribe(services: Services) -> None:
    events = services.events
    events.on_written(ChatMigrated, storage.follow_group)
    events.on_written(DigestsSought, storage.tell_digests)
    events.on_published(DigestChosen, lambda event: chat.ensure_digest(event.request, event.chat))


def _schedule(services: Services, jobs: Schedule) -> None:
    runs = Runs(services.database, clock=services.clock)
    posts = Posts(runs, services.get(Posting), committed=services.outbox.kick)
    jobs.when_due("posts", posts.run_due, services.clock)
    jobs.every(TIDY_S, "tidy-posts", posts.tidy)

    async def follow_settlements() -> None:
        if await posts.follow_settlements():
            jobs.look_again("posts")

    jobs.every(SETTLEMENTS_S, "settlements", follow_settlements)
    services.events.on_told(PostsChanged, lambda _: jobs.look_again("posts"))


FEATURE: Final = Feature(
    "posts",
    commands=(Command("schedule", chat.schedule, ActClass.JUDGED, listed=300),),
    callbacks=(typed(PostButton, chat.tapped, ActClass.JUDGED),),
    parts=(Part(Posting, _posting),),
    menu=(MenuPart("account", 50, "schedule"),),
    tables=(tables,),
    subscribes=_subscribe,
    schedules=_schedule,
)
