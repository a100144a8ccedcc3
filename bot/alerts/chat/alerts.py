"""Alerts by sentence and by button: set, listed, paused, changed, deleted.

A typed alert is set at once, with an Undo: whoever types knows what they want, and it can be taken back. By
buttons, and where a plan would go without asking, the preview comes first and Save sets it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.alerts.chat import already_true, cards
from bot.alerts.chat.alert_buttons import LIST, AlertAct, AlertButton, of
from bot.alerts.chat.announcer import intent_of
from bot.alerts.chat.change import changed
from bot.alerts.chat.judging import judged
from bot.alerts.chat.lists import alerts, missed, put
from bot.alerts.condition_codec import kind_of, pack, unpack
from bot.alerts.resolution import OF_ACCOUNTS
from bot.alerts.service import Alerts
from bot.alerts.storage.alerts import LIVE
from bot.alerts.storage.tables import Alert, AlertState
from bot.alerts.views import cards as alert_view
from bot.chat.admins import may_manage
from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.domain.alerts.alert import Condition, WhenTrue
from bot.domain.intent import AlertIntent, Intent
from bot.domain.refusal import Refusal, RefusalCode
from bot.language import Parsed, ParseFailure, canonical
from bot.trading.chat import unparsed
from bot.trading.linking import Linking
from bot.ui import Button
from bot.ui import refusals as refusal_view
from bot.ui.callback_data import number
from bot.ui.message import keyboard

STEPS: Final = ("-5", "-1", "+1", "+5")  # per cent a number is changed by at a tap


async def refuse(request: Request, refusal: Refusal, intent: AlertIntent | None = None) -> bool:
    """The reason in words, with its mend as a button."""
    mend = refusal.mend
    if mend is None and refusal.mend_intent is not None:
        mend = canonical(_as_said(refusal.mend_intent, intent))
    names = str(refusal.params.get("suggestions", "")) if intent is not None else ""
    ways = [(name, await _line_for(request, intent, name)) for name in names.split(", ") if name and intent]
    data = await request.line_data(mend) if mend and mend.startswith("alert ") else None
    await put(request, refusal_view.refusal(request.here, refusal, mend=mend, mend_data=data, offers=ways))
    return False


def _as_said(mend: Intent, intent: AlertIntent | None) -> Intent:
    """The mend with the market as its user wrote it, not as the exchange does."""
    symbol = getattr(intent.condition, "symbol", None) if intent is not None else None
    return _about(mend, symbol) if isinstance(mend, AlertIntent) and symbol is not None else mend


def _about(intent: AlertIntent, symbol: str) -> AlertIntent:
    condition = unpack(kind_of(intent.condition), pack(intent.condition) | {"symbol": symbol})
    return replace(intent, condition=condition)


async def _line_for(request: Request, intent: AlertIntent, symbol: str) -> str:
    return await request.line_data(canonical(_about(intent, symbol)))


# --- setting one ---------------------------------------------------------------------------------------


async def said(request: Request, intent: AlertIntent) -> bool:
    """A typed alert."""
    meant = await judged(request, intent)
    if isinstance(meant, Refusal):
        return await refuse(request, meant, intent)
    return await (propose(request, meant) if meant.armed else save(request, meant))


async def save(request: Request, intent: AlertIntent, when: WhenTrue = WhenTrue.ASK) -> bool:
    """Set it; the card follows at once, what it would have done a moment later."""
    account_id = await _account(request, intent)
    if isinstance(account_id, Refusal):
        return await refuse(request, account_id, intent)
    line, here = canonical(intent), (request.sender.chat_id, request.sender.thread_id)
    source = request.source(line)
    alert = await request.service(Alerts).create(request.user, *here, intent, line, account_id, source, when)
    if isinstance(alert, Refusal) and alert.code is RefusalCode.ALERT_HOLDS:
        return await _ask_when(request, alert, await request.service(Alerts).resolve(intent), f"0 {line}")
    if isinstance(alert, Refusal):
        return await refuse(request, alert, intent)
    if alert.state in LIVE:  # else Telegram brought the message again, and it fired or was taken back
        await _set(request, intent, alert)
    return True


async def _set(request: Request, intent: AlertIntent, alert: Alert) -> None:
    """Its card, and a moment later what it would have done."""
    condition = unpack(alert.kind, alert.condition)
    card = await cards.card(request, intent, condition)
    buttons = keyboard(
        (
            alert_view.action(request.here, "undo", of(AlertAct.UNDO, alert.id)),
            alert_view.action(request.here, "edit", of(AlertAct.EDIT, alert.id)),
            alert_view.action(request.here, "list", LIST),
        )
    )
    message_id = await put(request, alert_view.made(request.here, card, buttons))
    if message_id is not None:
        cards.aside(request, cards.add_history(request, alert, message_id, intent, card, buttons))


async def propose(request: Request, intent: AlertIntent) -> bool:
    """The preview with its picture; Save sets the alert."""
    resolved = await request.service(Alerts).resolve(intent)
    if isinstance(resolved, Refusal):
        return await refuse(request, resolved, intent)
    card = await cards.card(request, intent, resolved)
    card, picture = await cards.with_history(request, intent, card)
    symbol = getattr(intent.condition, "symbol", None)
    line = canonical(intent)
    buttons = keyboard(
        (alert_view.action(request.here, "save", await request.line_data(line, prefix="as:")),),
        (
            alert_view.action(request.here, "edit", f"aw:{symbol}" if symbol else "aw:"),
            alert_view.action(request.here, "cancel", LIST),
        ),
    )
    message = alert_view.proposed(request.here, card, buttons)
    sender = request.sender
    await request.services.outbox.say(sender.chat_id, message, thread_id=sender.thread_id, photo=picture)
    return True


async def answered(request: Request, argument: str) -> None:
    """When it is to speak, of an alert that is true already."""
    answer = await already_true.read(request, argument)
    if isinstance(answer, Refusal):
        await request.answer(answer)
        return
    if answer.alert is not None and answer.intent is None:
        await _resume(request, answer.alert, answer.when.value)
    elif answer.alert is not None and answer.intent is not None:
        await _put_in_place(request, answer.alert, answer.intent, answer.when)
    elif answer.intent is not None:
        await _save_or_refuse(request, answer.intent, answer.when)


async def _ask_when(request: Request, refusal: Refusal, condition: Condition | Refusal, rest: str) -> bool:
    if isinstance(condition, Refusal):
        return await refuse(request, condition)
    await already_true.ask(request, refusal, condition, rest)
    return False


async def saved(request: Request, argument: str) -> None:
    """The Save button."""
    line = await request.line_of(argument)
    if isinstance(line, Refusal):
        await request.answer(line)
        return
    parsed = request.read(line)
    intent = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if not isinstance(intent, AlertIntent):
        await request.answer(Refusal(RefusalCode.EXPIRED))
        return
    await _save_or_refuse(request, intent)


async def _save_or_refuse(request: Request, intent: AlertIntent, when: WhenTrue = WhenTrue.ASK) -> None:
    meant = await judged(request, intent)
    await (refuse(request, meant, intent) if isinstance(meant, Refusal) else save(request, meant, when))


async def _account(request: Request, intent: AlertIntent) -> int | Refusal | None:
    """The account a condition of an account is about."""
    if not isinstance(intent.condition, OF_ACCOUNTS):
        return None
    account = await request.service(Linking).choose(request.user.id, None)
    return account if isinstance(account, Refusal) else account.id


# --- one of them ---------------------------------------------------------------------------------------


async def tap(request: Request, button: AlertButton) -> None:
    """The buttons under alerts."""
    if button.act is AlertAct.LIST:
        await alerts(request, str(button.number))
        return
    if button.act is AlertAct.MISSED:
        await missed(request, str(button.number))
        return
    alert = await request.service(Alerts).get(button.number)
    if alert is None:
        await request.answer(Refusal(RefusalCode.EXPIRED))
        return
    if not await _may(request, alert, button.act):
        await request.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))
        return
    request.answer_soon()
    await _ACTIONS[button.act](request, alert, button.more)


async def _may(request: Request, alert: Alert, act: AlertAct) -> bool:
    """Its maker may do everything; in its group others may look, and an admin may delete."""
    if alert.user_id == request.user.id:
        return True
    if request.sender.private or alert.chat_id != request.sender.chat_id:
        return False
    if act is AlertAct.DELETE:
        return await may_manage(request)
    return act in {AlertAct.OPEN, AlertAct.REPLAY}


async def _open(request: Request, alert: Alert, _: str) -> None:
    if alert.state not in {AlertState.ARMED, AlertState.PAUSED}:
        await put(request, alert_view.gone(request.here, list_data=LIST))
        return
    intent, paused = intent_of(alert), alert.state is AlertState.PAUSED
    card = await cards.card(request, intent, unpack(alert.kind, alert.condition))
    toggle = "resume" if paused else "pause"
    names = ((toggle, "edit"), ("replay", "delete"))
    rows = [[alert_view.action(request.here, name, of(name, alert.id)) for name in row] for row in names]
    buttons = keyboard(*rows, (alert_view.action(request.here, "back", LIST),))
    await put(request, alert_view.detail(request.here, card, paused=paused, buttons=buttons))


async def _pause(request: Request, alert: Alert, _: str) -> None:
    paused = await request.service(Alerts).pause(alert.id, request.user.id)
    await _open(request, paused or alert, "")


async def _resume(request: Request, alert: Alert, word: str) -> None:
    when = WhenTrue(word) if word in {one.value for one in already_true.ANSWERS} else WhenTrue.ASK
    resumed = await request.service(Alerts).resume(alert.id, request.user.id, when)
    if isinstance(resumed, Refusal) and resumed.code is RefusalCode.ALERT_HOLDS:
        await _ask_when(request, resumed, unpack(alert.kind, alert.condition), f"{alert.id}")
        return
    if isinstance(resumed, Refusal):
        await refuse(request, resumed)
        return
    await _open(request, resumed or alert, "")


async def _delete(request: Request, alert: Alert, _: str) -> None:
    deleted = await request.service(Alerts).delete(alert.id, alert.user_id)
    await _over(request, deleted, undone=False)


async def _undo(request: Request, alert: Alert, _: str) -> None:
    deleted = await request.service(Alerts).delete(alert.id, request.user.id)
    await _over(request, deleted, undone=True)


async def _over(request: Request, deleted: Alert | None, *, undone: bool) -> None:
    if deleted is None:
        await put(request, alert_view.gone(request.here, list_data=LIST))
        return
    mine = deleted.user_id == request.user.id
    again = alert_view.action(request.here, "again", of(AlertAct.AGAIN, deleted.id)) if mine else None
    view = alert_view.undone if undone else alert_view.deleted
    await put(request, view(request.here, unpack(deleted.kind, deleted.condition), again=again))


async def _again(request: Request, alert: Alert, _: str) -> None:
    """The same alert anew, as a message of its own: what fired stays to be read."""
    request.is_tap = False
    await said(request, intent_of(alert))


async def _replay(request: Request, alert: Alert, _: str) -> None:
    """What it would have done, as a picture of its own."""
    intent = intent_of(alert)
    card = await cards.card(request, intent, unpack(alert.kind, alert.condition))
    card, picture = await cards.with_history(request, intent, card)
    buttons = keyboard((alert_view.action(request.here, "list", LIST),))
    message = alert_view.detail(request.here, card, paused=alert.state is AlertState.PAUSED, buttons=buttons)
    sender = request.sender
    await request.services.outbox.say(sender.chat_id, message, thread_id=sender.thread_id, photo=picture)


async def _edit(request: Request, alert: Alert, _: str) -> None:
    """Ask for another number: by steps, or typed."""
    intent = intent_of(alert)
    if request.sender.private:
        request.services.prompts.expect(request.user.id, Prompt("alert", f"edit:{alert.id}"))
    steps = [
        Button(f"{step}%".replace("-", "−"), AlertButton(AlertAct.BY, alert.id, step).pack())
        for step in STEPS
        if changed(intent, step=Decimal(step)) is not None
    ]
    buttons = keyboard(steps, (alert_view.action(request.here, "back", of(AlertAct.OPEN, alert.id)),))
    condition = unpack(alert.kind, alert.condition)
    await put(request, alert_view.changing(request.here, condition, buttons))


async def _by(request: Request, alert: Alert, step: str) -> None:
    new = changed(intent_of(alert), step=Decimal(step)) if step in STEPS else None
    if new is None:
        await request.answer(Refusal(RefusalCode.EXPIRED))
        return
    await _put_in_place(request, alert, new)


async def _put_in_place(
    request: Request, alert: Alert, new: AlertIntent, when: WhenTrue = WhenTrue.ASK
) -> None:
    line = canonical(new)
    edited = await request.service(Alerts).edit(alert.id, request.user.id, new, line, when)
    if isinstance(edited, Refusal) and edited.code is RefusalCode.ALERT_HOLDS:
        await _ask_when(request, edited, await request.service(Alerts).resolve(new), f"{alert.id} {line}")
        return
    if isinstance(edited, Refusal):
        await refuse(request, edited)
        return
    if edited is None:
        await put(request, alert_view.gone(request.here, list_data=LIST))
        return
    await _open(request, edited, "")


_ACTIONS = {
    AlertAct.OPEN: _open,
    AlertAct.PAUSE: _pause,
    AlertAct.RESUME: _resume,
    AlertAct.DELETE: _delete,
    AlertAct.UNDO: _undo,
    AlertAct.AGAIN: _again,
    AlertAct.REPLAY: _replay,
    AlertAct.EDIT: _edit,
    AlertAct.BY: _by,
}


# --- typed answers -------------------------------------------------------------------------------------


async def _typed_new(request: Request, line: str) -> bool:
    """The alert of a question with its answer; a number with two readings is asked about."""
    completed = request.read(line)
    if isinstance(completed, ParseFailure):
        is_question = completed.refusal.code is RefusalCode.AMBIGUOUS_NUMBER
        if is_question:
            await unparsed.refuse(request, line, completed)
        return is_question
    if not isinstance(completed.intents[0], AlertIntent):
        return False
    await propose(request, completed.intents[0])
    return True


async def typed(request: Request, prompt: Prompt, text: str) -> bool:
    """The answer to a question of this page; False when it is something else altogether."""
    what, _, rest = prompt.prefix.partition(":")
    parsed = request.read(text)
    said_now = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if what == "new":
        return await _typed_new(request, f"{rest} {text}")
    alert = await request.service(Alerts).get(number(rest) or 0)
    if alert is None or alert.user_id != request.user.id:
        return False
    if isinstance(said_now, AlertIntent):
        await _said_anew(request, alert, said_now)
        return True
    new = changed(intent_of(alert), typed=text)
    if new is None:
        return False
    await _put_in_place(request, alert, new)
    return True


async def _said_anew(request: Request, alert: Alert, intent: AlertIntent) -> None:
    """The whole alert, typed to change one: judged as a new one; shown first where it begins to be armed."""
    meant = await judged(request, intent)
    if isinstance(meant, Refusal):
        await refuse(request, meant, intent)
    elif meant.armed and not intent_of(alert).armed:
        await propose(request, meant)
    else:
        await _put_in_place(request, alert, meant)
