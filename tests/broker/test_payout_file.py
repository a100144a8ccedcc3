"""Any CSV with a rebate in it is read; what cannot be read says where and why."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.broker.payout_file import MAX_BYTES, FileFault, FileProblem, read_payout_file
from bot.domain.reconcile import Paid

PLAIN = "Order ID,Trade ID,Symbol,Time,Volume (USD),Fee (USD),Rebate (USD)\n"


def read(text: str, encoding: str = "utf-8") -> list[Paid]:
    lines = read_payout_file(text.encode(encoding))
    assert isinstance(lines, list), lines
    return lines


def refused(content: bytes) -> FileProblem:
    problem = read_payout_file(content)
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


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("rebate,time\n" + text).encode()))
@example(b'rebate\n"')
@example(b"rebate\n" + b'"' + b"x" * 200_000)
@example(b"time,rebate\n0001-01-01,1\n")
@example(b"time,rebate\n0001-01-01T00:00+05:00,1\n")
def test_no_file_breaks_the_reader(content: bytes) -> None:
    assert isinstance(read_payout_file(content), list | FileProblem)
