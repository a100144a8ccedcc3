"""Scheduled posts in a chat."""

from __future__ import annotations

from typing import Final

from bot.chat.feature import ActClass, Callback, Command, Feature
from bot.posts import chat

FEATURE: Final = Feature(
    "posts",
    commands=(Command("schedule", chat.schedule, ActClass.JUDGED),),
    callbacks=(Callback("sch", chat.tapped, ActClass.JUDGED),),
)
