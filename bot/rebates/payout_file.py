"""The exchange's account of a payout, from whatever CSV it comes in.

Nobody has published its columns, so they are recognised by their names; one with the rebate is all that is
needed. What parts the cells and the decimals is proved over the whole file. What cannot be read, or can be
read in two ways, is refused with the line and the mend, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from bot.domain.values import ZERO
from bot.rebates.model.payout_reconciliation import Paid
from bot.rebates.model.rebate import CENT, cents
from bot.rebates.payout_amounts import MAX_USD, Amounts, Cell, DecimalSign, Reading, first_in_doubt, readings
from bot.rebates.payout_sheet import (
    AMOUNTS,
    FileFault,
    FileProblem,
    Sheet,
    UnreadableFile,
    is_of_dollars,
    sheet_of,
)

_MICROSECONDS: Final = {10: 1_000_000, 13: 1_000, 16: 1}  # in a unit of unix time, by its digits
_TOTAL: Final = re.compile(
    r"\W*(?:(?:grand[\s_-]*|sub[\s_-]*)?(?:totals?|sum|summe|gesamt|итого?|всего)(?![^\W_])|合计|总计|小计)",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}", re.ASCII)
_DIGIT: Final = re.compile(r"\d", re.ASCII)
_NUMBER_AS_TEXT: Final = re.compile(r"[+-]?\d+(?:[.,' ]\d+)*(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,40}", re.ASCII)
_SPREADSHEET_DIGITS: Final = 15  # what a spreadsheet keeps of a number; zeros stand for the rest


@dataclass(frozen=True, slots=True)
class PayoutFile:
    """What was read, and how, for whoever is to confirm it; `totals` are lines that add up others."""

    lines: tuple[Paid, ...]
    delimiter: str
    sign: DecimalSign
    totals: tuple[int, ...] = ()

    @property
    def amount(self) -> Decimal:
        """What the lines add up to, in whole cents of USD."""
        return cents(sum((line.rebate for line in self.lines), ZERO))


def read_payout_file(content: bytes, amount: Decimal | None = None) -> PayoutFile | FileProblem:
    """The lines of a CSV file, or why there are none.

    `amount`, the USD that arrived in whole cents, decides where the file alone can be read in two ways.
    """
    try:
        return _file(sheet_of(content), amount)
    except UnreadableFile as error:
        return error.problem


@dataclass(slots=True)
class _Lines:
    """Rows taken for lines, and those taken for their sums."""

    paid: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)


def _file(sheet: Sheet, amount: Decimal | None) -> PayoutFile:
    reading = _reading(sheet, amount)
    lines = _without_totals(sheet, reading.amounts, amount)
    if not lines.paid:
        raise UnreadableFile(FileFault.EMPTY)
    _refuse_rounded_ids(sheet, lines.paid)
    _refuse_words_for_ids(sheet, lines.paid)
    total, paid = ZERO, []
    for row in lines.paid:
        line = _paid(sheet, row, reading.amounts)
        total += abs(line.rebate)
        if total >= MAX_USD:
            raise UnreadableFile(FileFault.VALUE, line.line, sheet.cell(row, "rebate"))
        paid.append(line)
    totals = tuple(sheet.places[row] for row in lines.totals)
    file = PayoutFile(tuple(paid), sheet.delimiter, reading.sign, totals)
    if file.amount < ZERO and amount is None:
        raise UnreadableFile(FileFault.NEGATIVE, found=f"{file.amount:f}")
    return file


def _reading(sheet: Sheet, amount: Decimal | None) -> Reading:
    """The one way in which every amount can be read."""
    cells = [
        Cell(row, sheet.places[row], name, text)
        for row in range(len(sheet.rows))
        for name in AMOUNTS
        if name in sheet.columns
        and ((text := sheet.cell(row, name)) or (name == "rebate" and not _is_named_total(sheet, row)))
    ]
    found = readings(cells)
    if (wrong := found[0].wrong) is not None:
        raise UnreadableFile(FileFault.VALUE, wrong.line, wrong.text)
    if len(found) == 1:
        return found[0]
    if amount is not None:
        proved = [one for one in found if _adds_up_to(sheet, one.amounts, amount)]
        if len(proved) == 1:
            return proved[0]
    doubtful = first_in_doubt(cells, *found)
    raise UnreadableFile(FileFault.DECIMAL_SIGN, doubtful.line, doubtful.text)


def _adds_up_to(sheet: Sheet, amounts: Amounts, amount: Decimal) -> bool:
    try:
        lines = _without_totals(sheet, amounts, amount)
    except UnreadableFile:
        return False
    return cents(sum((amounts[row, "rebate"] for row in lines.paid), ZERO)) == amount


def _is_named_total(sheet: Sheet, row: int) -> bool:
    symbol = sheet.cell(row, "symbol")  # a market may be called SUM_USDC
    return any(_TOTAL.match(cell) for cell in sheet.names(row) if cell != symbol or "_" not in cell)


def _is_nameless(sheet: Sheet, row: int) -> bool:
    """Whether a row says how much, and not of what, where the others do."""
    return bool(sheet.names(row)) and not any(sheet.names(row))


def _without_totals(sheet: Sheet, amounts: Amounts, amount: Decimal | None) -> _Lines:
    """Sums told from lines; each is compared with what it should add up."""
    lines, grain = _Lines(), _grain(amounts)
    all_nameless = all(_is_nameless(sheet, row) for row in range(len(sheet.rows)))
    for row in range(len(sheet.rows)):
        if not _is_named_total(sheet, row) and (all_nameless or not _is_nameless(sheet, row)):
            lines.paid.append(row)
            continue
        if (said := amounts.get((row, "rebate"))) is not None:
            _compare(sheet, row, said, amounts, lines, grain)
        lines.totals.append(row)
    if not lines.totals:
        _tell_unnamed(sheet, amounts, amount, lines, grain)
    return lines


def _compare(sheet: Sheet, row: int, said: Decimal, amounts: Amounts, lines: _Lines, grain: Decimal) -> None:
    """Refuse a sum that is neither that of all lines above nor that of those since the last sum."""
    since = lines.totals[-1] if lines.totals else -1
    for summed in (lines.paid, [one for one in lines.paid if one > since]):
        beyond = said - sum((amounts[one, "rebate"] for one in summed), ZERO)
        if summed and abs(beyond) <= max(CENT, grain * len(summed)):
            return
    raise UnreadableFile(FileFault.TOTAL, sheet.places[row], sheet.cell(row, "rebate"))


def _tell_unnamed(
    sheet: Sheet, amounts: Amounts, amount: Decimal | None, lines: _Lines, grain: Decimal
) -> None:
    """A line without an id that equals the sum of the others may be either, whatever it is called."""
    if len(lines.paid) < (2 if any(_has_id(sheet, row) for row in lines.paid) else 3):
        return
    whole = sum((amounts[row, "rebate"] for row in lines.paid), ZERO)
    slack = min(CENT, grain * len(lines.paid)) if whole else ZERO
    for row in reversed(lines.paid):
        said = amounts[row, "rebate"]
        listed = whole - said
        if _has_id(sheet, row) or not said or abs(said - listed) > slack:
            continue
        if amount is not None and cents(listed) == amount:
            lines.paid.remove(row)
            lines.totals = [row]
        elif amount is None or cents(whole) != amount:
            raise UnreadableFile(FileFault.MAYBE_TOTAL, sheet.places[row], sheet.cell(row, "rebate"))
        return


def _has_id(sheet: Sheet, row: int) -> bool:
    """Whether a row names one order, execution or moment; a word alone does not."""
    return any(_DIGIT.search(sheet.cell(row, name)) for name in ("order_id", "trade_id", "at_ms"))


def _grain(amounts: Amounts) -> Decimal:
    """Half of what the finest rebate is rounded to."""
    finest = min(
        (int(one.normalize().as_tuple().exponent) for (_, name), one in amounts.items() if name == "rebate"),
        default=-2,
    )
    return Decimal(1).scaleb(min(-2, finest)) / 2


def _paid(sheet: Sheet, row: int, amounts: Amounts) -> Paid:
    line, values = sheet.places[row], dict[str, Any]()
    for name in ("order_id", "trade_id"):
        _refuse_number_for_id(sheet.cell(row, name), line)
    order, trade = sheet.cell(row, "order_id"), sheet.cell(row, "trade_id")
    if order and not _ID.fullmatch(order):
        raise UnreadableFile(FileFault.ID, line, order)
    if not is_of_dollars(asset := sheet.cell(row, "asset")):
        raise UnreadableFile(FileFault.ASSET, line, asset)
    values["trade_id"] = int(trade) if trade.isascii() and trade.isdigit() and len(trade) < 19 else None
    values["order_id"] = (order.lstrip("0") if _WHOLE.fullmatch(order) else order) or None
    for name in ("account", "symbol"):
        values[name] = sheet.cell(row, name) or None
    values["at_ms"] = _moment(sheet.cell(row, "at_ms"), line)
    values["volume"] = amounts.get((row, "volume"))
    values["fee"] = amounts.get((row, "fee")) if is_of_dollars(sheet.cell(row, "fee_asset")) else None
    return Paid(line, amounts[row, "rebate"], **values)


def _refuse_number_for_id(text: str, line: int) -> None:
    """`5.00000E+09` was an id before a spreadsheet took it for a number; which one, nobody can tell."""
    if text and _NUMBER_AS_TEXT.fullmatch(text) and not _WHOLE.fullmatch(text):
        raise UnreadableFile(FileFault.ID, line, text)


def _refuse_words_for_ids(sheet: Sheet, rows: Sequence[int]) -> None:
    """Refuse a word where the other ids have digits: it may be a sum under a name nobody thought of."""
    wordy = [row for row in rows if (id_ := sheet.cell(row, "order_id")) and not _DIGIT.search(id_)]
    if wordy and any(_DIGIT.search(sheet.cell(row, "order_id")) for row in rows):
        raise UnreadableFile(FileFault.ID, sheet.places[wordy[0]], sheet.cell(wordy[0], "order_id"))


def _refuse_rounded_ids(sheet: Sheet, rows: Sequence[int]) -> None:
    """Refuse ids that all end in the zeros of a spreadsheet; by chance alone a thousandth of files would."""
    for name in ("order_id", "trade_id"):
        ids = {sheet.cell(row, name): row for row in reversed(rows)}
        long = {one: len(one) - _SPREADSHEET_DIGITS for one in ids if _WHOLE.fullmatch(one)}
        cut = {one: zeros for one, zeros in long.items() if zeros > 0}
        if sum(cut.values()) >= 3 and all(one.endswith("0" * zeros) for one, zeros in cut.items()):
            row = min(ids[one] for one in cut)
            raise UnreadableFile(FileFault.ROUNDED_IDS, sheet.places[row], sheet.cell(row, name))


def _moment(text: str, line: int) -> int | None:
    """Unix time in seconds, milliseconds or microseconds, or ISO 8601; without a zone it is UTC."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) in _MICROSECONDS:
        return int(text) * _MICROSECONDS[len(text)] // 1_000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableFile(FileFault.VALUE, line, text) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
