"""The broker's books in a chat: a user's one question, and what operators record and read."""

from __future__ import annotations

from typing import Final

from bot.chat.feature import ActClass, Callback, Command, Feature, always, typed
from bot.rebates import parts
from bot.rebates.bookkeeper import Bookkeeper
from bot.rebates.chat import payouts, rebates, referrals, shares
from bot.rebates.chat.buttons import BooksButton
from bot.rebates.storage import tables

FEATURE: Final = Feature(
    "rebates",
    commands=(
        Command("referral", referrals.referral, ActClass.SETTINGS, in_groups=False),
        Command("affiliate", referrals.affiliate, ActClass.OPERATOR),
        Command("rebates", rebates.rebates, ActClass.OPERATOR),
        Command("advisor", rebates.advisor, ActClass.OPERATOR),
        Command("payout", payouts.payout, ActClass.OPERATOR),
        Command("share", shares.share, ActClass.OPERATOR),
    ),
    callbacks=(
        Callback("ref", referrals.tapped, ActClass.SETTINGS),
        typed(BooksButton, rebates.tapped, ActClass.OPERATOR, looks=always),
        Callback("py", payouts.tapped, ActClass.OPERATOR),
    ),
    asks_newcomers=referrals.first_question,
    settings=(shares.NAMED,),
    tables=(tables,),
    parts=parts.PARTS,
    subscribes=parts.subscribe,
    schedules=parts.schedule,
    lives=(Bookkeeper,),
)
