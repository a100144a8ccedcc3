"""After /forget nothing of a person is left but what a table's rule names, whatever tables there are."""

from __future__ import annotations

from bot.kernel.storage import Database, erasure
from bot.kernel.storage.forgetting import Forgetting
from bot.people import users
from tests.kernel.storage.filling import PERSON, fill, found
from tests.support.rows import NOW


async def test_nothing_of_a_person_is_left_but_what_is_kept_for_a_reason(database: Database) -> None:
    async with database.write() as session:
        await fill(session, 1)
        assert await users.forget(session, PERSON, NOW)
    async with database.read() as session:
        left = await found(session)
    kept = {(table.name, column) for table, rule in erasure.rules() for column in rule.kept}
    assert left - kept == set()


def test_a_rule_names_columns_there_are_and_every_number_of_a_person() -> None:
    for table, rule in erasure.rules():
        assert set(rule.kept) <= set(table.columns.keys()), table.name
        of_people = {"user_id", "chat_id", "account_id", "person_id"} & set(table.columns.keys())
        assert rule.forget is not Forgetting().forget or of_people <= set(rule.kept), table.name
