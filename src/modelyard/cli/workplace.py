"""Open what a command works on, before a server's first start or beside a running one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from modelyard.infra import Infra, Settings, open_infra
from modelyard.kernel import InvalidInput


def settings_of(data: Path | None, **options: object) -> Settings:
    """Return the settings of the environment, but with the options that are not None; raises InvalidInput."""
    given = {name: value for name, value in {"data_dir": data, **options}.items() if value is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = "MODELYARD_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidInput(name=name, reason=str(first["msg"])) from error


@contextmanager
def opened(data: Path | None) -> Iterator[Infra]:
    """Open the data folder; the first one to come creates it and brings the database to this release."""
    with open_infra(settings_of(data)) as infra:
        yield infra
