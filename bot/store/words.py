"""The words state columns may hold."""

from __future__ import annotations

from enum import StrEnum


class AccountState(StrEnum):
    PENDING = "pending"  # the pair exists here; the exchange has not confirmed it yet
    ACTIVE = "active"
    READ_ONLY = "read_only"  # the key reads but may not trade
    UNLINKED = "unlinked"  # the sealed secret is gone; the row stays because orders point at it


class AccountOrigin(StrEnum):
    GENERATED = "generated"
    IMPORTED = "imported"


class TicketKind(StrEnum):
    TRADE = "trade"
    CLOSE = "close"
    PROTECT = "protect"
    CANCEL = "cancel"
    PANIC = "panic"
    CHAIN = "chain"  # several statements, sent one after the other; `legs` are its steps


class TicketState(StrEnum):
    OFFERED = "offered"
    CLAIMED = "claimed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"  # a newer preview took its place


class ConfirmMode(StrEnum):
    ALWAYS = "always"
    BELOW = "below"  # orders under `confirm_below_usd` go without a tap


class Access(StrEnum):
    """Whether the operator lets a person in; what it means depends on the setting ACCESS."""

    NEW = "new"
    ASKED = "asked"  # the operators were told
    APPROVED = "approved"
    DENIED = "denied"


class SizeMeaning(StrEnum):
    QUOTE = "quote"
    BASE = "base"


class OutboxKind(StrEnum):
    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # leased by a sender until `lease_until_ms`
    SENT = "sent"
    SUPERSEDED = "superseded"  # a later edit of the same card took its place before it left
    DEAD = "dead"  # Telegram refused it for good; `error` says why
    GATHERED = "gathered"  # kept for the chat's digest
    SUPPRESSED = "suppressed"  # not said: switched off, or the chat is lost; `sent_ms`: a digest counted it
