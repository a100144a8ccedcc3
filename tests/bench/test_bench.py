"""The bench works; what it measures is for people to judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import main


def test_a_short_run_measures_every_act_and_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "bench.json"
    few = ["--repetitions", "3", "--starts", "1", "--alerts", "2000", "--fills", "20000", "--rounds", "0"]
    few.append("--sqlite-only")
    main([*few, "--json", str(target)])
    written = json.loads(target.read_text())
    assert written["trading"]["SQLite"].keys() >= {"requests_per_preview", "transactions_per_trade"}
    acts = written["trading"]["SQLite"]["acts"]
    assert set(acts) == {"tap", "preview", "whole"}
    assert all(act["bot"]["repetitions"] == 3 and act["floor"]["repetitions"] > 0 for act in acts.values())
    assert {name: len(seconds) for name, seconds in written["start_seconds"].items()} == {
        "migrated": 1,
        "empty": 1,
        "demo": 1,
    }
    watched = written["alerts"]["SQLite"]
    assert (watched["alerts"], [one["alerts"] for one in watched["growth"]]) == (2_000, [1_000])
    assert watched["fired"] > 0
    summed = written["ledger"]["SQLite"]
    assert (summed["tenth"]["fills"], summed["whole"]["fills"]) == (200, 2_000)
    assert "chat-to-wire CPU on SQLite" in capsys.readouterr().out
