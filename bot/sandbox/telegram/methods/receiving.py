"""How a bot learns what happened: getUpdates, webhooks, and answers to button presses."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.errors import Json, bad_request
from bot.sandbox.telegram.updates import Webhook

_LONGEST_POLL = 50
_SECRET_CHARACTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def get_me(api: BotApi, call: Call) -> Json:
    """getMe."""
    return wire.me(api.world)


async def get_updates(api: BotApi, call: Call) -> list[Json]:
    """getUpdates."""
    _allow(api, call)
    limit = min(max(call.integer("limit") or 100, 1), 100)
    timeout = min(max(call.integer("timeout") or 0, 0), _LONGEST_POLL)
    return await api.updates.poll(call.integer("offset") or 0, limit, timeout)


def _allow(api: BotApi, call: Call) -> None:
    allowed = call.json("allowed_updates")
    if isinstance(allowed, list):
        api.updates.allowed = [str(kind) for kind in allowed] or None


def set_webhook(api: BotApi, call: Call) -> bool:
    """setWebhook. Only a loopback URL is taken, HTTPS or not: the sandbox talks to nobody else."""
    url = call.text("url") or ""
    secret = call.text("secret_token")
    if url and not _is_loopback(url):
        raise bad_request("bad webhook: the sandbox delivers to loopback addresses only")
    if secret is not None and (not 1 <= len(secret) <= 256 or not set(secret) <= _SECRET_CHARACTERS):
        raise bad_request("secret token contains unallowed characters")
    _allow(api, call)
    if call.flag("drop_pending_updates"):
        api.updates.clear()
    connections = min(max(call.integer("max_connections") or 40, 1), 100)
    api.updates.set_webhook(Webhook(url, secret, connections, api.updates.allowed))
    return True


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def delete_webhook(api: BotApi, call: Call) -> bool:
    """deleteWebhook."""
    if call.flag("drop_pending_updates"):
        api.updates.clear()
    if api.updates.webhook.url:
        api.updates.set_webhook(Webhook())
    return True


def get_webhook_info(api: BotApi, call: Call) -> Json:
    """getWebhookInfo."""
    hook = api.updates.webhook
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(api.updates.pending),
    }
    if hook.url:
        info |= {"max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
    if hook.error:
        info |= {"last_error_date": hook.error_date, "last_error_message": hook.error}
    if api.updates.allowed:
        info["allowed_updates"] = api.updates.allowed
    return info


def answer_callback_query(api: BotApi, call: Call) -> bool:
    """answerCallbackQuery. Raises 400 for an unknown or too old query."""
    world = api.world
    press = world.presses.get(call.text("callback_query_id") or "")
    patience = api.config.limits.callback_seconds
    if press is None or (patience is not None and world.clock() - press.pressed > patience):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = call.text("text") or ""
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    answer: dict[str, Any] = {"text": text, "show_alert": call.flag("show_alert"), "url": call.text("url")}
    if press.answer is None:
        press.answer = answer
        world.changed("answer", press.chat_id, press_id=press.id, user_id=press.user_id, **answer)
    return True


def accept(api: BotApi, call: Call) -> bool:
    """A call that changes nothing here: logOut, close."""
    return True


METHODS = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "answerCallbackQuery": answer_callback_query,
    "logOut": accept,
    "close": accept,
}
