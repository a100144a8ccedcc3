"""Updates reach the bot at least once, by polling or webhook, and say truthfully who did what."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict

from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.driver import ChatError
from tests.sandbox.telegram.conftest import ALICE, BOB, CAROL, DESK, NEWS, Clock, Start, bot_of, echo_app


async def test_an_update_comes_again_until_a_later_offset_confirms_it(bot: Bot, driver: ChatDriver) -> None:
    for word in ("one", "two"):
        await driver.as_user(ALICE).send(word)
    first = await bot.get_updates()
    again = await bot.get_updates()
    assert [u.update_id for u in first] == [u.update_id for u in again]
    assert [u.message.text for u in first if u.message] == ["one", "two"]
    rest = await bot.get_updates(offset=first[0].update_id + 1, limit=1)
    assert [u.update_id for u in rest] == [first[1].update_id]


async def test_a_long_poll_answers_as_soon_as_something_happens(bot: Bot, driver: ChatDriver) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.05)
    assert not poll.done()
    await driver.as_user(ALICE).send("now")
    assert len(await asyncio.wait_for(poll, 5)) == 1


async def test_a_second_consumer_ends_the_first_with_a_conflict(sandbox: SandboxTelegram, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.05)
    async with bot_of(sandbox) as rival:
        assert await rival.get_updates() == ()
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first


async def test_updates_older_than_a_day_are_dropped(start: Start) -> None:
    clock = Clock()
    sandbox = await start(TelegramConfig(clock=clock))
    async with bot_of(sandbox) as bot, ChatDriver(sandbox.url) as driver:
        await driver.as_user(ALICE).send("yesterday")
        clock.now += 24 * 3600 + 1
        await driver.as_user(ALICE).send("today")
        assert [u.message.text for u in await bot.get_updates() if u.message] == ["today"]


async def test_only_the_kinds_asked_for_are_sent(bot: Bot, driver: ChatDriver) -> None:
    await bot.get_updates(allowed_updates=[Update.EDITED_MESSAGE])
    sent = await driver.as_user(ALICE).send("one")
    await driver.as_user(ALICE).edit(sent.id, "two")
    updates = await bot.get_updates()
    assert [u.edited_message.text for u in updates if u.edited_message] == ["two"]
    assert len(updates) == 1


async def test_each_way_of_speaking_is_told_apart(bot: Bot, driver: ChatDriver) -> None:
    group = driver.as_user(ALICE, DESK)
    topic = (await group.messages())[0].id
    plain = await group.send("plain")
    await group.send("reply", reply_to=plain.id)
    await group.send("topic", thread_id=topic)
    await group.send("forward", forwarded_from=BOB)
    await group.send("hidden", forwarded_from="Someone")
    await group.send("anonymous", speak_as="anonymous")
    await group.send("channel", speak_as="channel", channel_id=NEWS)
    await group.send("via", via_bot="otherbot")
    await group.send("late", seconds_ago=120)
    await driver.as_user(ALICE, NEWS).send("post")
    updates = await bot.get_updates()
    said = {u.message.text: u.message for u in updates if u.message}
    assert said["plain"].from_user is not None
    assert said["plain"].from_user.id == ALICE
    assert said["plain"].from_user.language_code == "en"
    assert said["reply"].reply_to_message is not None
    assert said["reply"].reply_to_message.text == "plain"
    assert (said["topic"].message_thread_id, said["topic"].is_topic_message) == (topic, True)
    assert said["forward"].forward_origin is not None
    assert said["forward"].forward_origin.type == "user"
    assert said["hidden"].forward_origin is not None
    assert said["hidden"].forward_origin.type == "hidden_user"
    assert said["anonymous"].from_user is not None
    assert said["anonymous"].from_user.username == "GroupAnonymousBot"
    assert said["anonymous"].sender_chat == said["anonymous"].chat
    assert said["channel"].sender_chat is not None
    assert said["channel"].sender_chat.id == NEWS
    assert said["via"].via_bot is not None
    assert (said["plain"].date - said["late"].date).total_seconds() >= 118
    assert [u.channel_post.text for u in updates if u.channel_post] == ["post"]
    assert updates[-1].effective_user is None


async def test_only_an_administrator_speaks_anonymously(driver: ChatDriver) -> None:
    with pytest.raises(ChatError, match="403"):
        await driver.as_user(CAROL, DESK).send("x", speak_as="anonymous")
    with pytest.raises(ChatError, match="404"):
        await driver.as_user(BOB, ALICE).send("someone else's private chat")


async def test_privacy_mode_hides_what_is_not_meant_for_the_bot(bot: Bot, driver: ChatDriver) -> None:
    group = driver.as_user(BOB, DESK)
    await group.set_role("member")
    await bot.get_updates(offset=(await bot.get_updates())[-1].update_id + 1)
    mine = await bot.send_message(DESK, "hello")
    await group.send("small talk")
    await group.send("/price@otherbot")
    await group.send("/price")
    await group.send("/price@Rucksack_Bot")
    await group.send("thanks", reply_to=mine.message_id)
    seen = [u.message.text for u in await bot.get_updates() if u.message]
    assert seen == ["/price", "/price@Rucksack_Bot", "thanks"]


async def test_a_press_is_sent_again_under_a_new_update_id(bot: Bot, driver: ChatDriver) -> None:
    alice = driver.as_user(ALICE)
    sent = await alice.send("x")
    tap = await alice.tap_data(sent.id, "forged", times=2)
    await tap.again()
    presses = [u for u in await bot.get_updates() if u.callback_query]
    assert len({u.update_id for u in presses}) == 3
    ids = [u.callback_query.id for u in presses if u.callback_query]
    assert ids == [tap.id, ids[1], tap.id]
    assert ids[1] != tap.id


async def test_blocking_is_told_as_my_chat_member(bot: Bot, driver: ChatDriver) -> None:
    await driver.as_user(ALICE).block()
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    change = update.my_chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")


async def test_a_webhook_bot_answers_and_gets_its_secret(start: Start, unused_tcp_port: int) -> None:
    sandbox = await start(TelegramConfig(limits=Limits.off(), webhook_retry_seconds=0.01))
    app = echo_app(sandbox)
    async with ChatDriver(sandbox.url) as driver, app:
        assert app.updater is not None
        url = f"http://127.0.0.1:{unused_tcp_port}/hook"
        await app.updater.start_webhook(
            listen="127.0.0.1", port=unused_tcp_port, url_path="hook", webhook_url=url, secret_token="s3cret"
        )
        await app.start()
        await driver.as_user(ALICE).send("hello")
        answer = await driver.as_user(ALICE).wait_for("hello")
        info = await app.bot.get_webhook_info()
        with pytest.raises(Conflict, match="webhook is active"):
            await app.bot.get_updates()
        await app.updater.stop()
        await app.stop()
    assert answer.from_bot
    assert (info.url, info.last_error_message) == (url, None)


async def test_a_failing_webhook_is_tried_again_and_keeps_the_order(start: Start) -> None:
    got: list[tuple[str | None, str]] = []
    third = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        body = await request.json()
        if len(got) == 2:
            third.set()
        got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), body["message"]["text"]))
        return web.Response(status=500 if len(got) == 1 else 200)

    receiver = web.Application()
    receiver.router.add_post("/hook", hook)
    runner = web.AppRunner(receiver)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sandbox = await start(TelegramConfig(webhook_retry_seconds=0.01))
    try:
        async with bot_of(sandbox) as bot, ChatDriver(sandbox.url) as driver:
            await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s3cret")
            await driver.as_user(ALICE).send("one")
            await driver.as_user(ALICE).send("two")
            await asyncio.wait_for(third.wait(), 5)
            info = await bot.get_webhook_info()
    finally:
        await runner.cleanup()
    assert got == [("s3cret", "one"), ("s3cret", "one"), ("s3cret", "two")]
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"


async def test_a_webhook_elsewhere_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="loopback"):
        await bot.set_webhook("https://example.org/hook")
