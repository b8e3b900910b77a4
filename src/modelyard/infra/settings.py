"""Settings: read once from `MODELYARD_*`, frozen, and passed on; nothing else reads the environment.

Each field is documented in `docs/reference/settings.md`, which is generated from the descriptions below.
"""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """All that an operator may set; immutable after it was read."""

    model_config = SettingsConfigDict(env_prefix="MODELYARD_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path("var"), description="Folder for the database, the blobs and the secret key.")
    database_url: str = Field(
        "",
        description="SQLAlchemy URL. Empty: SQLite in the data folder. PostgreSQL: postgresql+psycopg://user@host/name.",
    )
    host: str = Field("127.0.0.1", description="Address to bind. Other than loopback demands a public URL.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port to bind; 0 takes a free one.")
    public_url: str = Field(
        "", description="Origin that people and clients use, such as https://hub.example.org. It decides every link."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Networks, comma-separated, whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    outbound_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts or networks, comma-separated, that outbound calls may reach although they are private."
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    default_currency: str = Field("CNY", description="Currency that forms and examples start with.")
    platform_share_bp: int = Field(
        2000, ge=0, le=10000, description="The platform's share of a sale in basis points; pinned on each new price."
    )

    @field_validator("trusted_proxies", "outbound_allow", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            msg = "MODELYARD_PUBLIC_URL must start with http:// or https://"
            raise ValueError(msg)
        return value

    @property
    def origin(self) -> str:
        """Return the origin of every absolute link, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def resolved_database_url(self) -> str:
        """Return the database URL, SQLite in the data folder unless one was given."""
        return self.database_url or f"sqlite+pysqlite:///{(self.data_dir / 'modelyard.db').absolute()}"
