"""Alerts by sentence and by button: set, listed, paused, changed, deleted.

A typed alert is set at once, with an Undo: whoever types knows what they want, and it can be taken back. By
buttons, and where a plan would go without asking, the preview comes first and Save sets it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.alerts.packing import kind_of, pack, unpack
from bot.alerts.terms import OF_ACCOUNTS
from bot.chat.admins import may_manage
from bot.chat.alert_announcer import intent_of
from bot.chat.handlers import alert_cards, alert_true, unread
from bot.chat.handlers.accounts import number
from bot.chat.handlers.alert_change import changed
from bot.chat.handlers.alert_judging import judged
from bot.chat.handlers.alert_lists import LIST, alerts, missed, put
from bot.chat.prompts import Prompt
from bot.chat.turn import Turn
from bot.domain.alert import Condition, WhenTrue
from bot.domain.intent import AlertIntent, Intent
from bot.domain.refusal import Refusal, RefusalCode
from bot.grammar import Parsed, ParseFailure, canonical
from bot.store.alert_tables import Alert, AlertState
from bot.store.alerts import LIVE
from bot.view import Button
from bot.view import alerts as alert_view
from bot.view import refusals as refusal_view
from bot.view.message import keyboard

STEPS: Final = ("-5", "-1", "+1", "+5")  # per cent a number is changed by at a tap


async def refuse(turn: Turn, refusal: Refusal, intent: AlertIntent | None = None) -> bool:
    """The reason in words, with its mend as a button."""
    mend = refusal.mend
    if mend is None and refusal.mend_intent is not None:
        mend = canonical(_as_said(refusal.mend_intent, intent))
    names = str(refusal.params.get("suggestions", "")) if intent is not None else ""
    ways = [(name, await _line_for(turn, intent, name)) for name in names.split(", ") if name and intent]
    data = await turn.line_data(mend) if mend and mend.startswith("alert ") else None
    await put(turn, refusal_view.refusal(turn.here, refusal, mend=mend, mend_data=data, offers=ways))
    return False


def _as_said(mend: Intent, intent: AlertIntent | None) -> Intent:
    """The mend with the market as its user wrote it, not as the exchange does."""
    symbol = getattr(intent.condition, "symbol", None) if intent is not None else None
    return _about(mend, symbol) if isinstance(mend, AlertIntent) and symbol is not None else mend


def _about(intent: AlertIntent, symbol: str) -> AlertIntent:
    condition = unpack(kind_of(intent.condition), pack(intent.condition) | {"symbol": symbol})
    return replace(intent, condition=condition)


async def _line_for(turn: Turn, intent: AlertIntent, symbol: str) -> str:
    return await turn.line_data(canonical(_about(intent, symbol)))


# --- setting one ---------------------------------------------------------------------------------------


async def said(turn: Turn, intent: AlertIntent) -> bool:
    """A typed alert."""
    meant = await judged(turn, intent)
    if isinstance(meant, Refusal):
        return await refuse(turn, meant, intent)
    return await (propose(turn, meant) if meant.armed else save(turn, meant))


async def save(turn: Turn, intent: AlertIntent, when: WhenTrue = WhenTrue.ASK) -> bool:
    """Set it; the card follows at once, what it would have done a moment later."""
    account_id = await _account(turn, intent)
    if isinstance(account_id, Refusal):
        return await refuse(turn, account_id, intent)
    line, here = canonical(intent), (turn.sender.chat_id, turn.sender.thread_id)
    source = turn.source(line)
    alert = await turn.services.alerts.create(turn.user, *here, intent, line, account_id, source, when)
    if isinstance(alert, Refusal) and alert.code is RefusalCode.ALERT_HOLDS:
        return await _ask_when(turn, alert, await turn.services.alerts.resolve(intent), f"0 {line}")
    if isinstance(alert, Refusal):
        return await refuse(turn, alert, intent)
    if alert.state not in LIVE:
        return True  # Telegram brought the message again, and meanwhile it fired or was taken back
    condition = unpack(alert.kind, alert.condition)
    card = await alert_cards.card(turn, intent, condition)
    buttons = keyboard(
        (
            alert_view.action(turn.here, "undo", f"al:undo:{alert.id}"),
            alert_view.action(turn.here, "edit", f"al:edit:{alert.id}"),
            alert_view.action(turn.here, "list", LIST),
        )
    )
    message_id = await put(turn, alert_view.made(turn.here, card, buttons))
    if message_id is not None:
        alert_cards.aside(turn, alert_cards.add_history(turn, alert, message_id, intent, card, buttons))
    return True


async def propose(turn: Turn, intent: AlertIntent) -> bool:
    """The preview with its picture; Save sets the alert."""
    resolved = await turn.services.alerts.resolve(intent)
    if isinstance(resolved, Refusal):
        return await refuse(turn, resolved, intent)
    card = await alert_cards.card(turn, intent, resolved)
    card, picture = await alert_cards.with_history(turn, intent, card)
    symbol = getattr(intent.condition, "symbol", None)
    line = canonical(intent)
    buttons = keyboard(
        (alert_view.action(turn.here, "save", await turn.line_data(line, prefix="as:")),),
        (
            alert_view.action(turn.here, "edit", f"aw:{symbol}" if symbol else "aw:"),
            alert_view.action(turn.here, "cancel", LIST),
        ),
    )
    message = alert_view.proposed(turn.here, card, buttons)
    sender = turn.sender
    await turn.services.outbox.say(sender.chat_id, message, thread_id=sender.thread_id, photo=picture)
    return True


async def answered(turn: Turn, argument: str) -> None:
    """When it is to speak, of an alert that is true already."""
    answer = await alert_true.read(turn, argument)
    if isinstance(answer, Refusal):
        await turn.answer(answer)
        return
    if answer.alert is not None and answer.intent is None:
        await _resume(turn, answer.alert, answer.when.value)
    elif answer.alert is not None and answer.intent is not None:
        await _put_in_place(turn, answer.alert, answer.intent, answer.when)
    elif answer.intent is not None:
        await _save_or_refuse(turn, answer.intent, answer.when)


async def _ask_when(turn: Turn, refusal: Refusal, condition: Condition | Refusal, rest: str) -> bool:
    if isinstance(condition, Refusal):
        return await refuse(turn, condition)
    await alert_true.ask(turn, refusal, condition, rest)
    return False


async def saved(turn: Turn, argument: str) -> None:
    """The Save button."""
    line = await turn.line_of(argument)
    if isinstance(line, Refusal):
        await turn.answer(line)
        return
    parsed = turn.read(line)
    intent = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if not isinstance(intent, AlertIntent):
        await turn.answer(Refusal(RefusalCode.EXPIRED))
        return
    await _save_or_refuse(turn, intent)


async def _save_or_refuse(turn: Turn, intent: AlertIntent, when: WhenTrue = WhenTrue.ASK) -> None:
    meant = await judged(turn, intent)
    await (refuse(turn, meant, intent) if isinstance(meant, Refusal) else save(turn, meant, when))


async def _account(turn: Turn, intent: AlertIntent) -> int | Refusal | None:
    """The account a condition of an account is about."""
    if not isinstance(intent.condition, OF_ACCOUNTS):
        return None
    account = await turn.services.linking.choose(turn.user.id, None)
    return account if isinstance(account, Refusal) else account.id


# --- one of them ---------------------------------------------------------------------------------------


async def tap(turn: Turn, argument: str) -> None:
    """`<action>:<alert>[:<more>]` of the buttons under alerts."""
    action, _, rest = argument.partition(":")
    if action in {"list", "missed"}:
        await (alerts(turn, rest) if action == "list" else missed(turn, rest))
        return
    word, _, more = rest.partition(":")
    alert = await turn.services.alerts.get(number(word) or 0)
    if alert is None or action not in _ACTIONS:
        await turn.answer(Refusal(RefusalCode.EXPIRED))
        return
    if not await _may(turn, alert, action):
        await turn.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))
        return
    turn.answer_soon()
    await _ACTIONS[action](turn, alert, more)


async def _may(turn: Turn, alert: Alert, action: str) -> bool:
    """Its maker may do everything; in its group others may look, and an admin may delete."""
    if alert.user_id == turn.user.id:
        return True
    if turn.sender.private or alert.chat_id != turn.sender.chat_id:
        return False
    if action == "delete":
        return await may_manage(turn)
    return action in {"open", "replay"}


async def _open(turn: Turn, alert: Alert, _: str) -> None:
    if alert.state not in {AlertState.ARMED, AlertState.PAUSED}:
        await put(turn, alert_view.gone(turn.here, list_data=LIST))
        return
    intent, paused = intent_of(alert), alert.state is AlertState.PAUSED
    card = await alert_cards.card(turn, intent, unpack(alert.kind, alert.condition))
    toggle = "resume" if paused else "pause"
    names = ((toggle, "edit"), ("replay", "delete"))
    rows = [[alert_view.action(turn.here, name, f"al:{name}:{alert.id}") for name in row] for row in names]
    buttons = keyboard(*rows, (alert_view.action(turn.here, "back", LIST),))
    await put(turn, alert_view.detail(turn.here, card, paused=paused, buttons=buttons))


async def _pause(turn: Turn, alert: Alert, _: str) -> None:
    paused = await turn.services.alerts.pause(alert.id, turn.user.id)
    await _open(turn, paused or alert, "")


async def _resume(turn: Turn, alert: Alert, word: str) -> None:
    when = WhenTrue(word) if word in {one.value for one in alert_true.ANSWERS} else WhenTrue.ASK
    resumed = await turn.services.alerts.resume(alert.id, turn.user.id, when)
    if isinstance(resumed, Refusal) and resumed.code is RefusalCode.ALERT_HOLDS:
        await _ask_when(turn, resumed, unpack(alert.kind, alert.condition), f"{alert.id}")
        return
    if isinstance(resumed, Refusal):
        await refuse(turn, resumed)
        return
    await _open(turn, resumed or alert, "")


async def _delete(turn: Turn, alert: Alert, _: str) -> None:
    deleted = await turn.services.alerts.delete(alert.id, alert.user_id)
    await _over(turn, deleted, undone=False)


async def _undo(turn: Turn, alert: Alert, _: str) -> None:
    deleted = await turn.services.alerts.delete(alert.id, turn.user.id)
    await _over(turn, deleted, undone=True)


async def _over(turn: Turn, deleted: Alert | None, *, undone: bool) -> None:
    if deleted is None:
        await put(turn, alert_view.gone(turn.here, list_data=LIST))
        return
    mine = deleted.user_id == turn.user.id
    again = alert_view.action(turn.here, "again", f"al:again:{deleted.id}") if mine else None
    view = alert_view.undone if undone else alert_view.deleted
    await put(turn, view(turn.here, unpack(deleted.kind, deleted.condition), again=again))


async def _again(turn: Turn, alert: Alert, _: str) -> None:
    """The same alert anew, as a message of its own: what fired stays to be read."""
    turn.is_tap = False
    await said(turn, intent_of(alert))


async def _replay(turn: Turn, alert: Alert, _: str) -> None:
    """What it would have done, as a picture of its own."""
    intent = intent_of(alert)
    card = await alert_cards.card(turn, intent, unpack(alert.kind, alert.condition))
    card, picture = await alert_cards.with_history(turn, intent, card)
    buttons = keyboard((alert_view.action(turn.here, "list", LIST),))
    message = alert_view.detail(turn.here, card, paused=alert.state is AlertState.PAUSED, buttons=buttons)
    sender = turn.sender
    await turn.services.outbox.say(sender.chat_id, message, thread_id=sender.thread_id, photo=picture)


async def _edit(turn: Turn, alert: Alert, _: str) -> None:
    """Ask for another number: by steps, or typed."""
    intent = intent_of(alert)
    if turn.sender.private:
        turn.services.prompts.expect(turn.user.id, Prompt("alert", f"edit:{alert.id}"))
    steps = [
        Button(f"{step}%".replace("-", "−"), f"al:by:{alert.id}:{step}")
        for step in STEPS
        if changed(intent, step=Decimal(step)) is not None
    ]
    buttons = keyboard(steps, (alert_view.action(turn.here, "back", f"al:open:{alert.id}"),))
    condition = unpack(alert.kind, alert.condition)
    await put(turn, alert_view.changing(turn.here, condition, buttons))


async def _by(turn: Turn, alert: Alert, step: str) -> None:
    new = changed(intent_of(alert), step=Decimal(step)) if step in STEPS else None
    if new is None:
        await turn.answer(Refusal(RefusalCode.EXPIRED))
        return
    await _put_in_place(turn, alert, new)


async def _put_in_place(turn: Turn, alert: Alert, new: AlertIntent, when: WhenTrue = WhenTrue.ASK) -> None:
    line = canonical(new)
    edited = await turn.services.alerts.edit(alert.id, turn.user.id, new, line, when)
    if isinstance(edited, Refusal) and edited.code is RefusalCode.ALERT_HOLDS:
        await _ask_when(turn, edited, await turn.services.alerts.resolve(new), f"{alert.id} {line}")
        return
    if isinstance(edited, Refusal):
        await refuse(turn, edited)
        return
    if edited is None:
        await put(turn, alert_view.gone(turn.here, list_data=LIST))
        return
    await _open(turn, edited, "")


_ACTIONS = {
    "open": _open,
    "pause": _pause,
    "resume": _resume,
    "delete": _delete,
    "undo": _undo,
    "again": _again,
    "replay": _replay,
    "edit": _edit,
    "by": _by,
}


# --- typed answers -------------------------------------------------------------------------------------


async def _typed_new(turn: Turn, line: str) -> bool:
    """The alert of a question with its answer; a number with two readings is asked about."""
    completed = turn.read(line)
    if isinstance(completed, ParseFailure):
        is_question = completed.refusal.code is RefusalCode.AMBIGUOUS_NUMBER
        if is_question:
            await unread.refuse(turn, line, completed)
        return is_question
    if not isinstance(completed.intents[0], AlertIntent):
        return False
    await propose(turn, completed.intents[0])
    return True


async def typed(turn: Turn, prompt: Prompt, text: str) -> bool:
    """The answer to a question of this page; False when it is something else altogether."""
    what, _, rest = prompt.prefix.partition(":")
    parsed = turn.read(text)
    said_now = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if what == "new":
        return await _typed_new(turn, f"{rest} {text}")
    alert = await turn.services.alerts.get(number(rest) or 0)
    if alert is None or alert.user_id != turn.user.id:
        return False
    if isinstance(said_now, AlertIntent):
        await _said_anew(turn, alert, said_now)
        return True
    new = changed(intent_of(alert), typed=text)
    if new is None:
        return False
    await _put_in_place(turn, alert, new)
    return True


async def _said_anew(turn: Turn, alert: Alert, intent: AlertIntent) -> None:
    """The whole alert, typed to change one: judged as a new one; shown first where it begins to be armed."""
    meant = await judged(turn, intent)
    if isinstance(meant, Refusal):
        await refuse(turn, meant, intent)
    elif meant.armed and not intent_of(alert).armed:
        await propose(turn, meant)
    else:
        await _put_in_place(turn, alert, meant)
