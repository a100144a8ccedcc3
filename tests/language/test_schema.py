"""`rucksack parse TEXT` answers by its published schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
from hypothesis import given, settings

from bot.domain.intent import Intent
from bot.language import canonical, parse, to_json
from tests.language import strategies

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "parse.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


@settings(max_examples=200, deadline=None)
@given(strategies.intents)
def test_every_intent_is_described_by_the_schema(intent: Intent) -> None:
    answer = json.loads(json.dumps(to_json(parse(canonical(intent)))))
    VALIDATOR.validate(answer)
    assert answer["ok"] is True
    assert answer["intents"][0]["canonical"] == canonical(intent)


@settings(max_examples=200, deadline=None)
@given(strategies.hostile)
def test_every_answer_is_described_by_the_schema(text: str) -> None:
    VALIDATOR.validate(json.loads(json.dumps(to_json(parse(text)))))


def test_money_is_exact_text() -> None:
    answer = to_json(parse("long sol $0.10 sl -1.50%"))
    (intent,) = answer["intents"]
    assert intent["size"] == {"type": "quote", "amount": "0.1"}
    assert intent["stop_loss"] == {"type": "offset", "percent": "-1.5", "signed": True, "roi": False}
