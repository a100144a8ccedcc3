"""The bot and the floor by turns, act by act, in one process: so that noise falls on both alike."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from unittest import mock

from bot.app.lifecycle import running
from bot.app.wiring import Bot, build
from bot.exchange.backpack import session
from bot.notifications.rate_limits import UNLIMITED, RateLimits
from bot.settings import load_settings
from bot.trading.linking import Linking
from bot.vault import MasterKeys
from tests.bench.floor import BROKER_ID, BareBot, BareOrder, open_floor
from tests.bench.probe import EXCHANGE, MESSAGE, ORDER, SEND, TAP, TRANSACTION, Mark, Probe, Span, watching
from tests.bench.remote import Town, open_town
from tests.bench.town import PERSON

WARM_UP = 12
SETTLE_S = 0.015  # what goes on after the last word is on the screen: rows settled, polls renewed
TIDY_EVERY = 10

Spans = dict[str, list[Span]]


@dataclass(slots=True)
class Trading:
    """Every span measured, by the name of the act."""

    bot: Spans = field(default_factory=lambda: defaultdict(list))
    floor: Spans = field(default_factory=lambda: defaultdict(list))
    requests_per_preview: list[int] = field(default_factory=list)  # of the exchange
    requests_per_trade: list[int] = field(default_factory=list)
    transactions_per_trade: list[int] = field(default_factory=list)


async def measure(database_url: str, repetitions: int, warm_up: int = WARM_UP) -> Trading:
    """Trade `repetitions` times through bot and floor on a migrated, empty database."""
    with watching() as probe:
        async with (
            open_town() as town,
            open_floor(town) as bare,
            open_bot(database_url, town, MasterKeys.generate()) as bot,
        ):
            await link(bot, town)
            await town.ask("say", who="bare", text="/start", expect="/start")
            found = Trading()
            for number in range(-warm_up, repetitions):
                kept = found if number >= 0 else Trading()
                await _bare_order(kept, probe, bare.order)
                await _bare_trade(kept, probe, town, bare)
                await _trade(kept, probe, town, "long" if number % 2 else "short")
                if number % TIDY_EVERY == 0:
                    await town.ask("tidy", who="bot")
                    await town.ask("tidy", who="bare")
            return found


async def _bare_order(found: Trading, probe: Probe, order: BareOrder) -> None:
    probe.clear()
    start = Mark.now("start")
    await order.place()
    found.floor["order"].append(Span.between(start, Mark.now("end")))
    found.floor["order-to-wire"].append(Span.between(start, probe.first(ORDER)))


async def _bare_trade(found: Trading, probe: Probe, town: Town, bare: BareBot) -> None:
    probe.clear()
    await town.ask("say", who="bare", text="long sol $200 5x", button="✅")
    preview = await _settled(probe, MESSAGE)
    found.floor["preview"].append(probe.span(MESSAGE, SEND))
    probe.clear()
    await town.ask("tap", who="bare", label="✅", expect="Filled")
    trade = await _settled(probe, TAP)
    found.floor["tap" if bare.answers_first else "tap-order-first"].append(probe.span(TAP, ORDER))
    found.floor["whole"].append(Span(preview.wall + trade.wall, preview.cpu + trade.cpu))


async def _trade(found: Trading, probe: Probe, town: Town, side: str) -> None:
    probe.clear()
    await town.ask("say", who="bot", text=f"{side} sol $200 5x", button="✅")
    preview = await _settled(probe, MESSAGE)
    found.bot["preview"].append(probe.span(MESSAGE, SEND))
    requests, transactions = probe.count(EXCHANGE), probe.count(TRANSACTION)
    found.requests_per_preview.append(requests)
    probe.clear()
    await town.ask("tap", who="bot", label="✅", expect="fee $")
    trade = await _settled(probe, TAP)
    found.bot["tap"].append(probe.span(TAP, ORDER))
    found.bot["whole"].append(Span(preview.wall + trade.wall, preview.cpu + trade.cpu))
    found.requests_per_trade.append(requests + probe.count(EXCHANGE))
    found.transactions_per_trade.append(transactions + probe.count(TRANSACTION))


async def _settled(probe: Probe, start: str) -> Span:
    """Everything since the act came in, its aftermath included; the pause itself is not counted as wall."""
    seen = Mark.now("seen")
    await asyncio.sleep(SETTLE_S)
    begun, end = probe.first(start), Mark.now("end")
    return Span((seen.wall - begun.wall) / 1e6, (end.cpu - begun.cpu) / 1e6)


@contextlib.asynccontextmanager
async def open_bot(
    database_url: str,
    town: Town,
    masters: MasterKeys,
    *,
    rates: RateLimits = UNLIMITED,
    access: str = "approved",
) -> AsyncIterator[Bot]:
    """The app's own wiring, at work in that town."""
    settings = load_settings(
        _env_file=None,
        telegram_bot_token=town.token,
        telegram_api_url=town.telegram,
        telegram_webhook_url=None,
        backpack_api_url=town.rest,
        backpack_ws_url=town.ws,
        backpack_broker_id=BROKER_ID,
        backpack_broker_key=None,
        database_url=database_url,
        admin_user_ids=(PERSON,),
        access=access,
        dashboard_port="off",
    )
    # The exchange's minute would be over after a few dozen trades; waiting for it is not what is measured.
    with mock.patch.object(session, "REQUESTS_PER_MINUTE", 10_000_000):
        async with running(build(settings, masters, rates=rates)) as bot:
            yield bot


async def link(bot: Bot, town: Town) -> None:
    """The person's account, linked by a generated key."""
    await bot.services.users.met(PERSON)
    made = await bot.vault.generate(PERSON, "main")
    await town.ask("open", label="bench", publicKey=made.public_key)
    await bot.services.get(Linking).verify(PERSON, made.account_id)
    await town.ask("say", who="bot", text="/start", expect="Rucksack")
