"""Alembic's entry: the connection comes from `infra.migrate`, never from a configuration file."""

from alembic import context


def run() -> None:
    """Run the migrations on the connection that was handed over."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run()
