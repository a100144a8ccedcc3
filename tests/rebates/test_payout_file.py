"""Any CSV with a rebate in it is read; what cannot be read says where and why."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.rebates.model.payout_reconciliation import Paid
from bot.rebates.payout_file import PayoutFile, read_payout_file
from bot.rebates.payout_sheet import MAX_BYTES, FileFault, FileProblem

PLAIN = "Order ID,Trade ID,Symbol,Time,Volume (USD),Fee (USD),Rebate (USD)\n"


def read(text: str, encoding: str = "utf-8") -> list[Paid]:
    return list(whole(text, encoding).lines)


def whole(text: str, encoding: str = "utf-8", amount: str | None = None) -> PayoutFile:
    file = read_payout_file(text.encode(encoding), None if amount is None else D(amount))
    assert isinstance(file, PayoutFile), file
    return file


def refused(content: bytes, amount: str | None = None) -> FileProblem:
    problem = read_payout_file(content, None if amount is None else D(amount))
    assert isinstance(problem, FileProblem)
    return problem


def test_every_column_is_understood() -> None:
    (line,) = read(PLAIN + "118,9,SOL_USDC,2026-10-05T12:00:00Z,1000.5,0.95,0.19\n")
    assert line == Paid(2, D("0.19"), "118", 9, None, "SOL_USDC", 1791201600000, D("1000.5"), D("0.95"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_semicolons_tabs_and_decimal_commas_are_no_obstacle(encoding: str) -> None:
    text = "order;volume;Payout USD\r\nab-1;1.234,56;0,19\r\n\r\nTotal;;0,19\r\n"
    for changed in (text, text.replace(";", "\t")):
        assert read(changed, encoding) == [Paid(2, D("0.19"), "ab-1", volume=D("1234.56"))]


def test_thousands_and_quotes_are_read() -> None:
    assert [line.rebate for line in read('Rebate\n"$1,234.56"\n1e-7\n-3 USDC\n')] == [
        D("1234.56"),
        D("1e-7"),
        D(-3),
    ]


@pytest.mark.parametrize("moment", ["1791201600", "1791201600000", "1791201600000000", "2026-10-05 12:00:00"])
def test_times_come_in_many_forms(moment: str) -> None:
    assert read(f"date,rebate\n{moment},1\n")[0].at_ms == 1791201600000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", FileProblem(FileFault.EMPTY)),
        (b"rebate\n\n", FileProblem(FileFault.EMPTY)),
        (b"PK\x03\x04rest", FileProblem(FileFault.SPREADSHEET)),
        ("order,récompense\n".encode("latin-1"), FileProblem(FileFault.ENCODING)),
        (b"rebate\n1\x00\n", FileProblem(FileFault.ENCODING)),
        (b"order,fee\n1,2\n", FileProblem(FileFault.NO_REBATE, 1, "order, fee")),
        (b"rebate,payout\n1,2\n", FileProblem(FileFault.TWO_COLUMNS, 1, "rebate, payout")),
        (b"order,rebate\n1\n", FileProblem(FileFault.CELLS, 2, "1")),
        (b"order,rebate\n1,2\n2,NaN\n", FileProblem(FileFault.VALUE, 3, "NaN")),
        (b"rebate\n=1+1\n", FileProblem(FileFault.VALUE, 2, "=1+1")),
        (b"rebate\n1e30\n", FileProblem(FileFault.VALUE, 2, "1e30")),
        (b"rebate\n-1e9999999\n", FileProblem(FileFault.VALUE, 2, "-1e9999999")),
        (b"rebate\n-9e8\n9e8\n", FileProblem(FileFault.VALUE, 3, "9e8")),
        (b"time,rebate\nyesterday,1\n", FileProblem(FileFault.VALUE, 2, "yesterday")),
        (b"rebate\n" + b"1" * MAX_BYTES, FileProblem(FileFault.TOO_BIG)),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(content: bytes, problem: FileProblem) -> None:
    assert refused(content) == problem


COMMA_FILE = "Order ID,Symbol,Rebate\n"


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        (COMMA_FILE + '118,SOL_USDC,"0,57"\n', ["0.57"]),  # was read as 57
        (COMMA_FILE + '118,SOL_USDC,"12,5"\n', ["12.5"]),
        (COMMA_FILE + '118,SOL_USDC,"1.234,50"\n119,SOL_USDC,"1,234"\n', ["1234.5", "1.234"]),
        (COMMA_FILE.replace(",", "\t") + "118\tSOL\t1,234\n119\tSOL\t0.57\n", ["1234", "0.57"]),
        (COMMA_FILE.replace(",", ";") + "118;SOL;1.234\n119;SOL;0,57\n", ["1234", "0.57"]),
        (COMMA_FILE + "118,SOL,1.234\n119,SOL,0.5\n", ["1.234", "0.5"]),
        (COMMA_FILE + "118,SOL,1 234.50\n119,SOL,1\u00a0234.5\n", ["1234.5", "1234.5"]),
        (COMMA_FILE + "118,SOL,1'234.50\n119,SOL,\u22125.25\n120,SOL,(0.25)\n", ["1234.5", "-5.25", "-0.25"]),
        (COMMA_FILE + "118,SOL,5\n119,SOL,12345\n", ["5", "12345"]),  # the same under either sign
    ],
)
def test_one_decimal_sign_is_proved_over_all_amounts(text: str, amounts: list[str]) -> None:
    assert [line.rebate for line in read(text)] == list(map(D, amounts))


@pytest.mark.parametrize(
    ("text", "line", "cell", "sums"),
    [
        ("order\trebate\n118\t1,234\n", 2, "1,234", ("1234.00", "1.23")),
        ("order;rebate\n118;5\n119;1.234\n", 3, "1.234", ("1239.00", "6.23")),
        ('order,rebate\n118,"1,234"\n119,2\n', 2, "1,234", ("1236.00", "3.23")),
    ],
)
def test_amounts_with_two_readings_are_refused_unless_the_sum_that_arrived_decides(
    text: str, line: int, cell: str, sums: tuple[str, str]
) -> None:
    problem = FileProblem(FileFault.DECIMAL_SIGN, line, cell)
    assert refused(text.encode()) == problem
    assert refused(text.encode(), amount="99") == problem
    for arrived in sums:
        assert whole(text, amount=arrived).amount == D(arrived)


@pytest.mark.parametrize(
    "cell", ["1,23,456.78", "1.2.3", "0,12,3", "12 34", "1_23", "5 EUR", "", "--5", "1e", "٣"]
)
def test_what_is_no_amount_under_either_sign_is_refused(cell: str) -> None:
    assert refused(f'order,rebate\n1,2.5\n2,"{cell}"\n'.encode()) == FileProblem(FileFault.VALUE, 3, cell)


@pytest.mark.parametrize(
    "last",
    ["TOTAL USD,,0.76", "Total,,0.76", "Grand total:,,0.76", ",Sum,0.76", "合计,,0.76", ",,0.76", "Totals,,"],
)
def test_a_sum_is_told_from_a_line_and_compared(last: str) -> None:
    file = whole(COMMA_FILE + f"118,SOL,0.57\n119,SOL,0.19\n{last}\n")
    assert (file.amount, len(file.lines), file.totals) == (D("0.76"), 2, (4,))


def test_subtotals_are_compared_with_what_they_add_up() -> None:
    file = whole(COMMA_FILE + "1,A,1\nSubtotal,,1\n2,B,2\n3,B,3\nSubtotal,,5\nTotal,,6\n")
    assert (file.amount, file.totals) == (D(6), (3, 6, 7))


@pytest.mark.parametrize("name", ["TOTAL USD", "", "Sum"])
def test_a_sum_that_adds_nothing_up_is_refused(name: str) -> None:
    text = COMMA_FILE + f"118,SOL,0.57\n119,SOL,0.19\n{name},,0.99\n"
    assert refused(text.encode()) == FileProblem(FileFault.TOTAL, 4, "0.99")


def test_a_market_or_order_that_begins_like_a_sum_is_a_line() -> None:
    assert len(read(COMMA_FILE + "118,SUM_USDC,0.57\nsummer-1,TOTALITY,0.19\n")) == 2


def test_where_lines_have_no_names_the_sum_that_arrived_tells_the_last() -> None:
    text = "rebate\n1\n2\n3\n"
    assert refused(text.encode()) == FileProblem(FileFault.MAYBE_TOTAL, 4, "3")
    assert whole(text, amount="3.00").totals == (4,)
    assert whole(text, amount="6.00").totals == ()


@pytest.mark.parametrize("name", ["Net", "Totaal", "All markets", "Σ"])
@pytest.mark.parametrize("header", ["Symbol,Account", "Order ID,Symbol"])
def test_a_sum_under_any_name_is_not_counted_twice(name: str, header: str) -> None:
    rows = f"{header},Rebate\n118,1,0.57\n119,2,0.19\n{name},,0.76\n"
    assert refused(rows.encode()).line == 4
    if header.startswith("Symbol"):
        assert whole(rows, amount="0.76").totals == (4,)
        assert whole(rows, amount="1.52").totals == ()


def test_a_sum_that_names_its_currency_is_one() -> None:
    text = "Order ID,Currency,Rebate\n118,USDC,0.57\n,USDC,0.57\n"
    assert (whole(text).amount, whole(text).totals) == (D("0.57"), (3,))


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "\r\n\r\n", ""])
def test_what_a_spreadsheet_writes_around_the_cells_is_no_cell(first: str) -> None:
    lines = len(first.splitlines())
    text = first + "Order;Rebate;;\r\n118;0,57;;\r\n119;0,19\r\n120;1;;;;\r\n;;\r\n"
    found = read(text)
    assert [(line.line, line.order_id, line.rebate) for line in found] == [
        (lines + 2, "118", D("0.57")),
        (lines + 3, "119", D("0.19")),
        (lines + 4, "120", D(1)),
    ]
    assert refused((text + "121;x\r\n").encode()) == FileProblem(FileFault.VALUE, lines + 6, "x")


def test_a_column_without_a_title_moves_no_other() -> None:
    text = "\tOrder\tRebate\tNote\n0\t118\t0.57\t\n"
    assert read(text) == [Paid(2, D("0.57"), "118")]


def test_a_line_may_lack_no_cell_under_a_title() -> None:
    assert refused(b"order,rebate,note\n118,1,\n119,2\n") == FileProblem(FileFault.CELLS, 3, "119,2")


@pytest.mark.parametrize("rate", ["Rebate (%)", "Rebate %", "Commission, bps", "Payout percent"])
def test_a_rate_is_no_rebate(rate: str) -> None:
    assert refused(f'order,"{rate}"\n118,20\n'.encode()).fault is FileFault.NO_REBATE
    assert read(f'order,"{rate}",Rebate (USDC)\n118,20,0.2\n')[0].rebate == D("0.2")


@pytest.mark.parametrize("column", ["Currency", "Rebate asset", "Coin", "Payout Currency"])
def test_only_dollars_are_added_up(column: str) -> None:
    text = f"order,rebate,{column}\n118,1,USDC\n119,2,usd\n120,3,\n"
    assert whole(text).amount == D(6)
    assert refused((text + "121,4,SOL\n").encode()) == FileProblem(FileFault.ASSET, 5, "SOL")


def test_a_fee_in_another_asset_is_not_taken_for_dollars() -> None:
    found = read("order,fee,fee asset,rebate\n118,0.5,SOL,0.2\n119,0.5,USDC,0.2\n")
    assert [line.fee for line in found] == [None, D("0.5")]


@pytest.mark.parametrize(
    "header", ["Order,Price,Amount,Fee", "Order,Price,Quantity,Commission", "Order,Price,Amount,x"]
)
def test_the_quantity_or_fee_of_a_trade_is_no_rebate(header: str) -> None:
    assert refused(f"{header}\n118,150,2,0.3\n".encode()).fault is FileFault.NO_MONEY


def test_an_id_is_the_same_with_zeros_in_front() -> None:
    assert [line.order_id for line in read("order,rebate\n00118,1\n 119 ,1\n0,1\n")] == ["118", "119", None]


@pytest.mark.parametrize("id_", ["5.00000E+09", "5E+09", "5e9", "118.0", '"5,00E+09"', "1 234", '"5,000"'])
@pytest.mark.parametrize("column", ["order id", "trade id"])
def test_an_id_that_became_a_number_is_refused(id_: str, column: str) -> None:
    problem = refused(f"{column},rebate\n1,1\n{id_},2\n".encode())
    assert (problem.fault, problem.line) == (FileFault.ID, 3)


def test_an_order_id_that_is_none_is_refused() -> None:
    assert refused(b"order id,rebate\n1,1\n#REF!,2\n") == FileProblem(FileFault.ID, 3, "#REF!")


def test_ids_a_spreadsheet_cut_are_refused() -> None:
    cut = "order,rebate\n117918723400001000,1\n117918723400002000,2\n"
    assert refused(cut.encode()).fault is FileFault.ROUNDED_IDS
    assert len(read(cut.replace("2000,", "2001,"))) == 2


def test_cells_that_can_be_parted_in_two_ways_are_refused() -> None:
    assert refused(b"rebate;a,rebate\n1;2,3\n").fault is FileFault.DELIMITER
    assert refused(b"order,rebate\n118,0,57\n") == FileProblem(FileFault.CELLS, 2, "118,0,57")


@given(
    st.lists(st.decimals(0, 10**6, places=4, allow_nan=False), min_size=1, max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from([(".", ","), (",", "."), (".", ""), (",", ""), (".", " "), (",", "\u202f"), (".", "'")]),
    st.booleans(),
)
def test_an_amount_is_never_read_as_another(
    amounts: list[D], delimiter: str, signs: tuple[str, str], has_total: bool
) -> None:
    """However it is written: the file is read to the very amounts, or refused."""
    point, group = signs
    rows = [(str(n), amount) for n, amount in enumerate(amounts, 1)]
    rows += [("TOTAL", sum(amounts, D(0)))] if has_total else []
    text = f"order{delimiter}rebate\n"
    for name, amount in rows:
        shown = f"{amount:,.4f}".replace(",", "g").replace(".", point).replace("g", group)
        text += f'{name}{delimiter}"{shown}"\n'
    file = read_payout_file(text.encode())
    if isinstance(file, PayoutFile):
        assert [line.rebate for line in file.lines] == amounts
    else:
        assert file.fault is FileFault.DECIMAL_SIGN


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("rebate,time\n" + text).encode()))
@example(b'rebate\n"')
@example(b"rebate\n" + b'"' + b"x" * 200_000)
@example(b"time,rebate\n0001-01-01,1\n")
@example(b"time,rebate\n0001-01-01T00:00+05:00,1\n")
def test_no_file_breaks_the_reader(content: bytes) -> None:
    assert isinstance(read_payout_file(content), PayoutFile | FileProblem)
