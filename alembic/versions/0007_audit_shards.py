"""The audit in 256 chains, a person's rows all in one; what the one chain held is chained anew.

The last row of shard 0 then says what the one chain came to: its rows, its head, and where it was broken.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PAGE = 1_000
GENESIS = bytes(32)
WORDS = ("at_ms", "user_id", "action", "detail")


def upgrade() -> None:
    _set_aside()
    _create("shard", "seq")
    rows, head, broken_at = 0, GENESIS, None
    ends: dict[int, tuple[int, bytes]] = defaultdict(lambda: (0, GENESIS))
    for row in _aside("seq"):
        rows += 1
        fits = (row["seq"], row["previous_hash"]) == (rows, head) and row["hash"] == _hash(["seq"], row)
        broken_at = row["seq"] if broken_at is None and not fits else broken_at
        head = row["hash"]
        _chain(ends, _shard(row["user_id"]), {name: row[name] for name in WORDS})
    if rows:
        said = {"rows": rows, "head": head.hex(), "broken_at": broken_at}
        detail = json.dumps(said, sort_keys=True, separators=(",", ":"))
        now_ms = time.time_ns() // 1_000_000
        _chain(ends, 0, {"at_ms": now_ms, "user_id": None, "action": "audit.sharded", "detail": detail})
    op.drop_table("audit_before")


def downgrade() -> None:
    _set_aside()
    _create("seq")
    op.create_index("ix_audit_user_id", "audit", ["user_id"], unique=False)
    head = GENESIS
    for seq, row in enumerate(_aside("at_ms", "shard", "seq"), 1):
        kept = {name: row[name] for name in WORDS} | {"seq": seq, "previous_hash": head}
        head = _hash(["seq"], kept)
        op.get_bind().execute(sa.insert(_table("audit", "seq")), kept | {"hash": head})
    op.drop_table("audit_before")


def _set_aside() -> None:
    op.execute("CREATE TEMPORARY TABLE audit_before AS SELECT * FROM audit")
    op.drop_table("audit")  # and its guards with it


def _create(*key: str) -> None:
    kinds = {"shard": sa.Integer(), "seq": sa.BigInteger()}
    op.create_table(
        "audit",
        *(sa.Column(name, kinds[name], autoincrement=False, nullable=False) for name in key),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name="pk_audit"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{event.lower()} BEFORE {event} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        )


def _table(name: str, *key: str) -> Any:
    return sa.table(name, *map(sa.column, (*key, *WORDS, "previous_hash", "hash")))


def _aside(*order: str) -> Iterator[Any]:
    """What the table held, in the order of these columns."""
    table = _table("audit_before", *(name for name in order if name not in WORDS))
    page, offset = True, 0
    while page:
        chosen = sa.select(table).order_by(*(table.c[name] for name in order))
        page = op.get_bind().execute(chosen.limit(PAGE).offset(offset)).mappings().all()
        offset += PAGE
        yield from page


def _chain(ends: dict[int, tuple[int, bytes]], shard: int, words: dict[str, Any]) -> None:
    seq, previous = ends[shard]
    row = words | {"shard": shard, "seq": seq + 1, "previous_hash": previous}
    ends[shard] = (seq + 1, _hash(["shard", "seq"], row))
    op.get_bind().execute(sa.insert(_table("audit", "shard", "seq")), row | {"hash": ends[shard][1]})


def _hash(key: list[str], row: Any) -> bytes:
    covered = [row[name] for name in (*key, *WORDS)]
    text = json.dumps([*covered, row["previous_hash"].hex()], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).digest()


def _shard(user_id: int | None) -> int:
    if user_id is None:
        return 0
    return int.from_bytes(sha256(str(user_id).encode()).digest()[:8]) % 256
