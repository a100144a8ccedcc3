"""What fills at once says so, and no button offers what nobody can have meant."""

from __future__ import annotations

from tests.support.world import Person, World

ABSURD = (
    ("long btc $500 sl 120000", "wrong side"),
    ("short btc $500 sl 40000", "wrong side"),
    ("long sol $100 tp 3", "wrong side"),
    ("sl sol 100000", "wrong side"),
    ("tp sol 1", "wrong side"),
    ("buy $1e9 sol", ""),
    ("long sol $1e9", ""),
    ("sell 5000 sol", ""),
    ("buy sol $100 at 500", "price band"),
)


async def test_a_limit_that_fills_at_once_says_at_what_price(world: World, carol: Person) -> None:
    preview = await carol.says("short sol $200", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    for line in ("close sol at 155", "long sol $100 at 155", "buy sol $100 at 155"):
        shown = await carol.says(line, "Account")
        assert "fills at once, at about $150.0" in shown.text, line
    waits = await carol.says("long sol $100 at 149", "Account")
    assert "fills at once" not in waits.text


async def test_no_absurd_mend_is_a_button(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    for line, words in ABSURD:
        refused = await carol.says(line, words)
        assert refused.labels == (), (line, refused.text, refused.labels)
        assert "Did you mean" not in refused.text
    for line, mend in (("sl sol 154", "sl SOL at 146"), ("long sol $100 sl 155", "sl 145")):
        refused = await carol.says(line, "wrong side")
        assert mend in str(refused.labels)
