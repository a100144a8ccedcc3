"""Every no in one sentence and what to do about it: ours, the exchange's, and the reasons orders end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Side
from bot.view.locale import Locale, Param, clean
from bot.view.message import Button, Message, button, keyboard, lines
from bot.view.words import priced, sized, symbol_name, valued

_AROUND = 120  # characters of the echoed line kept on each side of the word
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ABSENT = "—"

# What each sentence may name; a refusal raised without one of them shows a dash, never a broken sentence.
PARAMS: Mapping[RefusalCode, tuple[str, ...]] = {
    RefusalCode.SYNTAX: ("word",),
    RefusalCode.MISSING_SIZE: ("symbol",),
    RefusalCode.UNKNOWN_SYMBOL: ("symbol", "suggestions"),
    RefusalCode.HOMOGLYPH: ("word",),
    RefusalCode.AMBIGUOUS_NUMBER: ("number",),
    RefusalCode.NUMBER_TOO_LARGE: ("word",),
    RefusalCode.TOO_LONG: ("limit",),
    RefusalCode.UNSUPPORTED: ("feature",),
    RefusalCode.BELOW_MIN_QUANTITY: ("quantity", "minimum", "nearest"),
    RefusalCode.ABOVE_MAX_QUANTITY: ("quantity", "maximum", "nearest"),
    RefusalCode.PRICE_OUT_OF_BAND: ("price", "low", "high", "nearest"),
    RefusalCode.MARKET_CLOSED: ("symbol", "state"),
    RefusalCode.EMPTY_BOOK: ("symbol",),
    RefusalCode.THIN_BOOK: ("symbol", "available"),
    RefusalCode.POST_ONLY_WOULD_TAKE: ("price", "nearest"),
    RefusalCode.WRONG_SIDE_STOP: ("price", "entry", "side", "nearest"),
    RefusalCode.WRONG_SIDE_TARGET: ("price", "entry", "side", "nearest"),
    RefusalCode.OPEN_INTEREST_LIMIT: ("limit",),
    RefusalCode.POSITION_LIMIT: ("limit",),
    RefusalCode.INSUFFICIENT_MARGIN: ("required", "available", "nearest"),
    RefusalCode.INSUFFICIENT_BALANCE: ("required", "available", "nearest"),
    RefusalCode.LEVERAGE_ABOVE_MARKET: ("asked", "maximum"),
    RefusalCode.LEVERAGE_ABOVE_ACCOUNT: ("asked", "limit"),
    RefusalCode.NO_POSITION: ("symbol",),
    RefusalCode.SEVERAL_POSITIONS: ("symbols",),
    RefusalCode.SHORT_SPOT: ("symbol",),
    RefusalCode.NO_ORDER: ("id",),
    RefusalCode.UNKNOWN_ACCOUNT: ("label",),
    RefusalCode.PRICE_MOVED: ("was", "now", "tolerance"),
    RefusalCode.STALE_COMMAND: ("age",),
}

_OPTIONAL = frozenset({"nearest", "suggestions"})
_LEVERAGES = frozenset({RefusalCode.LEVERAGE_ABOVE_MARKET, RefusalCode.LEVERAGE_ABOVE_ACCOUNT})
_BY_PRICE = frozenset(
    {
        RefusalCode.PRICE_OUT_OF_BAND,
        RefusalCode.POST_ONLY_WOULD_TAKE,
        RefusalCode.WRONG_SIDE_STOP,
        RefusalCode.WRONG_SIDE_TARGET,
        RefusalCode.PRICE_MOVED,
    }
)
_BUYING = frozenset({Side.BUY.value, "buy", "long"})


def refusal(
    locale: Locale,
    refusal: Refusal,
    *,
    source: str | None = None,
    span: tuple[int, int] | None = None,
    mend: str | None = None,
    mend_data: str | None = None,
) -> Message:
    """Why not, where in the line, and what to do instead.

    `span` is a half-open range of characters in `source`; the word is underlined in the echo. `mend` is a
    corrected line (the refusal's own when left out), offered to copy, and as a button with `mend_data`.
    """
    line = mend or refusal.mend
    text = lines(
        refusal_sentence(locale, refusal),
        echo(source, span) if source else None,
        _advice(locale, refusal),
        locale.text("refusal-try", line=line) if line else None,
    )
    use = Button(locale.plain("button-use-mend", line=line), mend_data) if line and mend_data else None
    return Message(text, keyboard((use,)))


def refusal_sentence(locale: Locale, refusal: Refusal) -> Markup:
    """The reason alone, for a callback answer or a line among others."""
    key = _key(locale, refusal)
    if key is None:
        return locale.text("refusal-other", code=str(refusal.code))
    return locale.text(key, **_words(locale, refusal))


def echo(source: str, span: tuple[int, int] | None) -> Markup:
    """The user's line with the word in question underlined; an empty span is marked by `?` where it lacks."""
    if span is None:
        return Markup("› {}").format(clean(source, 2 * _AROUND))
    start = min(max(span[0], 0), len(source))
    end = min(max(span[1], start), len(source))
    before, word, after = source[:start], source[start:end], source[end:]
    head = clean(("…" if len(before) > _AROUND else "") + before[-_AROUND:])
    marked = Markup("<u><b>{}</b></u>").format(clean(word, _AROUND) if word else "?")
    return Markup("› {}{}{}").format(head, marked, clean(after, _AROUND))


def exchange_error(locale: Locale, code: str | None, message: str | None = None) -> Message:
    """What the exchange answered, as a sentence that says what to do."""
    return Message(exchange_reason(locale, code, message))


def exchange_reason(locale: Locale, code: str | None, message: str | None = None) -> Markup:
    """Words for an `ApiErrorCode`; an unpublished code is shown as it is, with the exchange's own words."""
    if not code and not message:
        return locale.text("exchange-rejected-unnamed")
    key = "exchange-" + (code or "").lower().replace("_", "-")
    if code and code.isupper() and locale.has(key):
        return locale.text(key)
    return locale.text("exchange-other", message=message or _ABSENT, code=code or _ABSENT)


def expiry_reason(locale: Locale, reason: str) -> Markup:
    """Words for an `OrderExpiryReason`; an unseen one is shown as it is."""
    key = "expiry-" + _CAMEL.sub("-", reason).lower().replace("_", "-")
    if key != "expiry-other" and locale.has(key):
        return locale.text(key)
    return locale.text("expiry-other", reason=reason)


def rate_limited(locale: Locale, seconds: int) -> Message:
    """The exchange's limit was reached before anything was sent."""
    return Message(locale.text("exchange-rate-limited", wait=locale.duration(seconds)))


def unreachable(locale: Locale) -> Message:
    """The exchange could not be reached for something that changes nothing: a read or a preview."""
    return Message(locale.text("exchange-unreachable"))


def not_allowed(locale: Locale, user_id: int) -> Message:
    return Message(locale.text("not-allowed", id=str(user_id)))


def slow_down(locale: Locale, seconds: int) -> Message:
    return Message(locale.text("slow-down", wait=locale.duration(seconds)))


def failure(locale: Locale, reference: str) -> Message:
    """A defect of ours; `reference` finds it in the log."""
    return Message(locale.text("failure", reference=reference))


def private_stub(locale: Locale, private_url: str, *, delivered: bool) -> Message:
    """What a group sees instead of private numbers; `delivered` says whether the private chat got them."""
    key = "private-stub" if delivered else "private-stub-start"
    return Message(locale.text(key), ((Button(locale.plain("button-open-private"), url=private_url),),))


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading of a bare number: `kind` is base, quote, leverage or price."""

    kind: str
    data: str
    size: str = ""
    money: str = ""
    leverage: str = ""
    price: str = ""


def question_bare_number(
    locale: Locale,
    number: str,
    choices: list[Choice],
    *,
    source: str | None = None,
    span: tuple[int, int] | None = None,
    near_price_of: str | None = None,
    cancel_data: str | None = None,
) -> Message:
    """Which reading was meant, each with its money on its button. Source: GRAMMAR.md, rules 1 and 2."""
    title = (
        locale.text("bare-question", number=number)
        if near_price_of is None
        else locale.text("bare-question-near-price", number=number, symbol=symbol_name(near_price_of))
    )
    text = lines(title, echo(source, span) if source else None, locale.text("bare-note"))
    buttons = ((_choice_button(locale, choice),) for choice in choices)
    return Message(text, keyboard(*buttons, (button(locale, "button-cancel", cancel_data),)))


def _choice_button(locale: Locale, choice: Choice) -> Button:
    names = {
        "base": ("size", "money"),
        "quote": ("size", "money"),
        "leverage": ("leverage",),
        "price": ("price",),
    }
    params = {name: str(getattr(choice, name)) for name in names[choice.kind]}
    return Button(locale.plain(f"choice-{choice.kind}", **params), choice.data)


def _key(locale: Locale, refusal: Refusal) -> str | None:
    key = f"refusal-{refusal.code}"
    if refusal.code is RefusalCode.NO_POSITION and not refusal.params.get("symbol"):
        return "refusal-no-position-any"
    return key if locale.has(key) else None


def _advice(locale: Locale, refusal: Refusal) -> Markup | None:
    """The advice with numbers where they are known, else the general one."""
    key = _key(locale, refusal)
    if key is None:
        return locale.text("refusal-other.mend")
    for attribute in ("nearest", "suggestions"):
        if refusal.params.get(attribute) and locale.has(key, attribute):
            return locale.text(f"{key}.{attribute}", **_words(locale, refusal))
    return locale.text(f"{key}.mend", **_words(locale, refusal))


def _words(locale: Locale, refusal: Refusal) -> dict[str, Param]:
    params = refusal.params
    return {
        name: _word(locale, refusal, name)
        for name in PARAMS.get(refusal.code, ())
        if name not in _OPTIONAL or params.get(name)
    }


def _word(locale: Locale, refusal: Refusal, name: str) -> Param:
    """A parameter with its unit; the code says what it counts."""
    value = refusal.params.get(name)
    if value is None or value == "":
        return _ABSENT
    if name == "age" and not isinstance(value, str):
        return locale.duration(int(value))
    if isinstance(value, Decimal):
        return _amount(locale, refusal, name, value)
    if name == "side":
        return "buy" if str(value) in _BUYING else "sell"
    return symbol_name(value) if name == "symbol" and isinstance(value, str) else value


def _amount(locale: Locale, refusal: Refusal, name: str, value: Decimal) -> str:
    code, asset = refusal.code, str(refusal.params.get("asset", ""))
    if code in _LEVERAGES:
        return locale.multiple(value)
    if name == "tolerance":
        return locale.percent(value)
    if code in _BY_PRICE:
        return priced(locale, value, str(refusal.params.get("quote", "USDC")))
    if code is RefusalCode.INSUFFICIENT_MARGIN and not (asset and name == "nearest"):
        return locale.usd(value)
    if code is RefusalCode.INSUFFICIENT_BALANCE and name != "nearest":
        return valued(locale, value, asset)
    return sized(locale, value, asset) if asset else locale.number(value)
