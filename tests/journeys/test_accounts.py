"""Several accounts of one person, choosing among them, and parting: what is gone is gone."""

from __future__ import annotations

from tests.support.world import Person, World, code_in


async def _second(carol: Person, label: str) -> None:
    await carol.says(f"/link {label}", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    await carol.opens_account(code_in(shown), label=label)
    await carol.taps("Done", f"Linked: {label}")


async def _accounts_used(world: World) -> list[str]:
    return [order["account"] for order in await world.sent()]


async def test_orders_go_to_the_default_unless_the_line_names_another(world: World, carol: Person) -> None:
    await _second(carol, "hedge")
    listed = await carol.says("/accounts", "Linked accounts: 2")
    assert "main · default · trading" in listed.text
    for line, account in (("long sol $50", "main"), ("long sol $50 on hedge", "hedge")):
        preview = await carol.says(line, f"Account {account}")
        filled = await carol.taps("✅", "Filled", on=preview.id)
        assert f"· {account} ·" in filled.text
    chosen = await carol.taps("Use hedge", "Default account: hedge", on=listed.id)
    assert chosen.id == listed.id
    preview = await carol.says("long sol $50", "Account hedge")
    await carol.taps("✅", "Filled", on=preview.id)
    assert await _accounts_used(world) == ["Carol", "hedge", "hedge"]
    assert "hedge" in (await carol.says("/positions", "SOL-PERP long")).text


async def test_an_old_list_goes_on_speaking_of_its_account(world: World, carol: Person) -> None:
    for line in ("long sol $100", "long eth $100"):
        preview = await carol.says(line, "Account main")
        await carol.taps("✅", "Filled", on=preview.id)
    preview = await carol.says("long sol $50 at 140", "Account main")
    await carol.taps("✅", "Open", on=preview.id)
    lists = [await carol.says("/positions", "Positions: 2") for _ in range(5)]
    menu = await carol.says("/close", "which position?")
    resting = await carol.says("/orders", "Open orders: 1")
    await _second(carol, "hedge")
    listed = await carol.says("/accounts", "Linked accounts: 2")
    await carol.taps("Use hedge", "Default account: hedge", on=listed.id)
    *old, last = lists
    for button, card in (*zip(("½ SOL", "Close all", "TP SOL", "SL SOL"), old, strict=True), ("SOL", menu)):
        shown = await carol.taps(button, on=card.id)
        if "Account" not in shown.text:
            shown = await carol.taps("5%", "Account", on=shown.id)
        assert "Account main" in shown.text, button
    typed = await carol.taps("TP ETH", "ETH-PERP", on=last.id)
    await carol.taps("Type", "tp ETH_USDC_PERP", on=typed.id)
    await carol.says("2900", "Account main")
    asked = await carol.taps("Cancel all", "main", on=resting.id)
    await carol.taps("Cancel", "Cancelled 1 order", on=asked.id)
    assert [one["status"] for one in await world.sent()] == ["Filled", "Filled", "Cancelled"]


async def test_a_list_of_an_account_that_is_gone_says_so(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100", "Account main")
    await carol.taps("✅", "Filled", on=preview.id)
    lists = [await carol.says("/positions", "Positions: 1") for _ in range(2)]
    await _second(carol, "hedge")
    asked = await carol.says("/unlink main", "Unlink main?")
    await carol.taps("Unlink main", "Unlinked", on=asked.id)
    for button, card in zip(("Close SOL", "SL SOL"), lists, strict=True):
        await carol.taps(button, "No account is called “main”", on=card.id)


async def test_an_unlinked_account_is_gone_and_the_other_takes_over(world: World, carol: Person) -> None:
    await _second(carol, "hedge")
    which = await carol.says("/unlink", "Unlink which account?")
    asked = await carol.taps("main", "Unlink main?", on=which.id)
    kept = await carol.taps("Keep", "Nothing was unlinked", on=asked.id)
    assert kept.id == asked.id
    asked = await carol.says("/unlink main", "Unlink main?")
    data = asked.button("Unlink main").data or ""
    done = await carol.taps("Unlink main", "Unlinked: main", on=asked.id)
    assert "Also delete the key" in done.text
    assert "expired" in await carol.is_told(data, on=done.id, forged=True)
    await carol.says("long sol $50 on main", "No account is called “main”")
    preview = await carol.says("long sol $50", "Account hedge")
    await carol.taps("✅", "Filled", on=preview.id)
    assert await _accounts_used(world) == ["hedge"]


async def test_a_preview_of_an_unlinked_account_places_nothing(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $50", "Account main")
    asked = await carol.says("/unlink main", "Unlink main?")
    await carol.taps("Unlink main", "Unlinked", on=asked.id)
    await carol.taps("✅", "Preview expired", on=preview.id)
    await carol.taps("Preview again", "No Backpack account is linked", on=preview.id)
    assert await world.sent() == []


async def test_forget_destroys_keys_settings_and_previews(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $50", "Account main")
    data = preview.button("✅").data or ""
    asked = await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Keep", "Nothing was erased", on=asked.id)
    asked = await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase", "Forgotten", on=asked.id)
    assert "expired" in await carol.is_told(data, on=preview.id, forged=True)
    await carol.says("long sol $50", "No Backpack account is linked")
    await carol.says("/accounts", "No account linked")
    assert await world.sent() == []
    await carol.links("Carol again")
    preview = await carol.says("long sol $50", "Account main")
    await carol.taps("✅", "Filled", on=preview.id)
    assert await _accounts_used(world) == ["Carol again"]


async def test_a_label_that_is_too_long_is_refused_with_its_length(world: World, carol: Person) -> None:
    for length in (21, 43, 90):  # also one so long that the rest of it is never shown
        told = await carol.says(f"/link {'x' * length}", f"this one has {length}")
        assert "at most 20" in told.text
        assert not any("key" in label for label in told.labels)


async def test_a_label_is_always_one_that_can_be_typed(world: World, carol: Person) -> None:
    for asked, given in (
        ("Hedge 1", "hedge1"),
        ("我的账户", "account2"),
        ("x" * 20, "x" * 20),
        ("$;<b>", "b"),
    ):
        await carol.says(f"/link {asked}", "Link")
        shown = await carol.taps("Make a key", "Public Key")
        await carol.opens_account(code_in(shown), label=given)
        await carol.taps("Done", f"Linked: {given}")
        await carol.says(f"long sol $50 on {given}", f"Account {given}")
