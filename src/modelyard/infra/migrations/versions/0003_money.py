"""Price versions, the ledger, wallets, holds, usage events and process leases."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("price_version", "ledger_account", "ledger_txn", "ledger_entry", "usage_event")

WHOLE = "typeof(posted_atoms) = 'integer' AND typeof(held_atoms) = 'integer'"

UNBALANCED = (
    "((SELECT count(*) FROM ledger_entry WHERE txn = NEW.id) < 2 OR EXISTS"
    " (SELECT 1 FROM ledger_entry WHERE txn = NEW.id GROUP BY currency HAVING sum(amount_atoms) <> 0))"
)


def upgrade() -> None:
    """Create the tables of money, and the triggers that keep them from being rewritten."""
    _create_prices()
    _create_ledger()
    _create_metering()
    statements = _sqlite_triggers() if op.get_bind().dialect.name == "sqlite" else _postgresql_triggers()
    for statement in statements:
        op.execute(statement)


def _atoms(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _currency(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("currency", sa.String(3), nullable=nullable)


def _create_prices() -> None:
    op.create_table(
        "price_version",
        _text("id"),
        _text("product"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("seller"),
        _currency(),
        _atoms("prompt_atoms"),
        _atoms("completion_atoms"),
        sa.Column("platform_share_bp", sa.Integer, nullable=False),
        sa.Column("effective_from", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        _text("created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_price_version"),
        sa.UniqueConstraint("product", "number", name="uq_price_version_product_number"),
        sa.CheckConstraint("prompt_atoms >= 0 AND completion_atoms >= 0", name="ck_price_version_not_negative"),
        sa.CheckConstraint("platform_share_bp BETWEEN 0 AND 10000", name="ck_price_version_share"),
        sqlite_with_rowid=False,
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger_account",
        _text("id"),
        _text("kind"),
        _text("owner"),
        _currency(),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_account"),
        sa.UniqueConstraint("kind", "owner", "currency", name="uq_ledger_account_kind_owner_currency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_txn",
        _text("id"),
        _text("source"),
        _text("key"),
        sa.Column("payload_hash", sa.String(64), nullable=False),
        _text("kind"),
        sa.Column("booked_at", sa.BigInteger, nullable=False),
        _text("reverses", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_txn"),
        sa.UniqueConstraint("source", "key", name="uq_ledger_txn_source_key"),
        sa.ForeignKeyConstraint(["reverses"], ["ledger_txn.id"], name="fk_ledger_txn_reverses"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_entry",
        _text("txn"),
        sa.Column("line", sa.Integer, nullable=False),
        _text("account"),
        _currency(),
        _atoms("amount_atoms"),
        sa.Column("booked_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("txn", "line", name="pk_ledger_entry"),
        sa.ForeignKeyConstraint(
            ["txn"], ["ledger_txn.id"], name="fk_ledger_entry_txn", deferrable=True, initially="DEFERRED"
        ),
        sa.ForeignKeyConstraint(["account"], ["ledger_account.id"], name="fk_ledger_entry_account"),
        sa.CheckConstraint("amount_atoms <> 0", name="ck_ledger_entry_not_zero"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ledger_entry_account_booked_at", "ledger_entry", ["account", "booked_at"])
    op.create_table(
        "wallet",
        _text("account"),
        _currency(),
        _atoms("posted_atoms"),
        _atoms("held_atoms"),
        sa.PrimaryKeyConstraint("account", "currency", name="pk_wallet"),
        sa.CheckConstraint("held_atoms >= 0 AND posted_atoms >= held_atoms", name="ck_wallet_covers_holds"),
        # A sum beyond 64 bits becomes a binary fraction on SQLite, silently; PostgreSQL refuses it by itself.
        sa.CheckConstraint(WHOLE, name="ck_wallet_whole").ddl_if(dialect="sqlite"),
        sqlite_with_rowid=False,
    )


def _create_metering() -> None:
    op.create_table(
        "hold",
        _text("request"),
        _text("account"),
        _text("seller"),
        _text("product"),
        _text("token", nullable=True),
        _text("price", nullable=True),
        _currency(nullable=True),
        sa.Column("bound_prompt", sa.BigInteger, nullable=False),
        sa.Column("bound_completion", sa.BigInteger, nullable=False),
        _atoms("bound_atoms"),
        _text("state"),
        _text("process"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("checkpoint_prompt", sa.BigInteger, nullable=True),
        sa.Column("checkpoint_completion", sa.BigInteger, nullable=True),
        sa.Column("resolved_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("request", name="pk_hold"),
        sa.ForeignKeyConstraint(["price"], ["price_version.id"], name="fk_hold_price"),
        sa.CheckConstraint("bound_atoms >= 0", name="ck_hold_not_negative"),
        sa.CheckConstraint("state IN ('open', 'settled', 'voided', 'expired')", name="ck_hold_state"),
        sqlite_with_rowid=False,
    )
    still_open = sa.text("state = 'open'")
    op.create_index("ix_hold_open", "hold", ["expires_at"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_table(
        "usage_event",
        _text("source"),
        _text("id"),
        _text("account"),
        _text("seller"),
        _text("product"),
        _text("token", nullable=True),
        _text("price", nullable=True),
        _currency(nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        _atoms("rated_atoms"),
        _atoms("charged_atoms"),
        _atoms("platform_atoms"),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("payload_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name="pk_usage_event"),
        sa.ForeignKeyConstraint(["price"], ["price_version.id"], name="fk_usage_event_price"),
        sa.CheckConstraint("id <> ''", name="ck_usage_event_named"),
        sa.CheckConstraint("prompt_tokens >= 0 AND completion_tokens >= 0", name="ck_usage_event_counts"),
        sa.CheckConstraint("0 <= charged_atoms AND charged_atoms <= rated_atoms", name="ck_usage_event_charged"),
        sa.CheckConstraint("0 <= platform_atoms AND platform_atoms <= charged_atoms", name="ck_usage_event_shared"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_event_account_occurred_at", "usage_event", ["account", "occurred_at"])
    op.create_index("ix_usage_event_seller_occurred_at", "usage_event", ["seller", "occurred_at"])
    op.create_table(
        "process_lease",
        _text("id"),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("beat_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_process_lease"),
        sqlite_with_rowid=False,
    )


def _sqlite_triggers() -> list[str]:
    refusals = [
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
        f" BEGIN {_abort(table + ' is append-only')}; END"
        for table in APPEND_ONLY
        for act in ("UPDATE", "DELETE")
    ]
    # REPLACE deletes without firing a delete trigger, so a second row under a key is refused before it is tried.
    replacements = [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - constants
        f" BEGIN {_abort(table + ' is append-only')}; END"
        for table, same in (
            ("price_version", "id = NEW.id OR (product = NEW.product AND number = NEW.number)"),
            ("usage_event", "source = NEW.source AND id = NEW.id"),
            ("ledger_txn", "id = NEW.id OR (source = NEW.source AND key = NEW.key)"),
        )
    ]
    seal = "CREATE TRIGGER ledger_txn_balances BEFORE INSERT ON ledger_txn WHEN {} BEGIN {}; END"
    sealed = (
        "CREATE TRIGGER ledger_entry_sealed BEFORE INSERT ON ledger_entry"
        " WHEN EXISTS (SELECT 1 FROM ledger_txn WHERE id = NEW.txn) BEGIN {}; END"
    )
    resolved = "CREATE TRIGGER hold_resolved_once BEFORE UPDATE ON hold WHEN OLD.state <> 'open' BEGIN {}; END"
    kept = "CREATE TRIGGER hold_kept BEFORE DELETE ON hold BEGIN {}; END"
    return [
        *refusals,
        *replacements,
        seal.format(UNBALANCED, _abort("ledger_txn does not balance")),
        sealed.format(_abort("ledger_txn is sealed")),
        resolved.format(_abort("hold is resolved")),
        kept.format(_abort("hold is kept")),
    ]


def _abort(message: str) -> str:
    return f"SELECT RAISE(ABORT, '{message}')"


def _postgresql_triggers() -> list[str]:
    append_only = (
        "CREATE TRIGGER {}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {}"
        " FOR EACH STATEMENT EXECUTE FUNCTION money_append_only()"
    )
    each_row = "CREATE TRIGGER {} BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
    sealed = "EXISTS (SELECT 1 FROM ledger_txn WHERE id = NEW.txn)"
    unbalanced = _raise(_quoted("ledger_txn does not balance"))
    return [
        _function("money_append_only", _raise("TG_TABLE_NAME || ' is append-only'")),
        *(append_only.format(table, table) for table in APPEND_ONLY),
        _function("ledger_entry_sealed", f"IF {sealed} THEN {_raise(_quoted('ledger_txn is sealed'))} END IF;"),
        each_row.format("ledger_entry_sealed", "INSERT", "ledger_entry", "ledger_entry_sealed"),
        _function("ledger_txn_balances", f"IF {UNBALANCED} THEN {unbalanced} END IF;"),
        each_row.format("ledger_txn_balances", "INSERT", "ledger_txn", "ledger_txn_balances"),
        _function("hold_resolved_once", f"IF OLD.state <> 'open' THEN {_raise(_quoted('hold is resolved'))} END IF;"),
        each_row.format("hold_resolved_once", "UPDATE", "hold", "hold_resolved_once"),
        append_only.replace("UPDATE OR ", "").format("hold", "hold"),
    ]


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$"


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = {message};"


def _quoted(text: str) -> str:
    return f"'{text}'"
