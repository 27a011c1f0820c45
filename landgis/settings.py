"""Everything that may differ between two installations; frozen; built by an entrance, passed down as values."""

import os
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _home() -> Path:
    """Root's own folder is closed to the user PostgreSQL runs as, hence another default for root."""
    return Path("/var/lib/landgis") if os.geteuid() == 0 else Path.home() / ".local/share/landgis"


class Settings(BaseSettings):
    """The installation's settings, from the environment; each is explained in the README."""

    model_config = SettingsConfigDict(env_prefix="LANDGIS_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=_home)
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    app_database_url: str | None = None
    pg_bin: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    language: Literal["zh", "en"] = "zh"
    parks: str = "*"
    rules: str = "cn-idle-2012,dongyang-2021,cn-zombie,huangyan-2022,cn-triage"
    base_maps: list[dict[str, Any]] = []
    pool_size: int = Field(default=8, ge=1, le=100)
    pool_timeout_s: float = Field(default=5, gt=0)
    statement_timeout_s: float = Field(default=10, ge=0)
    tile_timeout_s: float = Field(default=3, ge=0)
    tile_cache_mb: int = Field(default=256, ge=0)
    hosts: str = "localhost,127.0.0.1,::1"
    inbox: Path | None = None
    inbox_days: int = Field(default=30, ge=0)
    read_timeout_s: float = Field(default=120, ge=0)
    upload_mb: int = Field(default=1024, ge=1)
    jobs: int = Field(default=2, ge=1, le=64)
    login: Literal["auto", "on", "off"] = "auto"
    session_idle_min: int = Field(default=60, ge=1, le=1440)
    session_h: int = Field(default=12, ge=1, le=24)
    proxy: bool = False

    @field_validator("database_url", "app_database_url")
    @classmethod
    def _empty_is_unset(cls, value: str | None) -> str | None:
        return value or None

    @cached_property
    def served_parks(self) -> tuple[str, ...]:
        """The parks this installation serves."""
        return tuple(code.strip() for code in self.parks.split(",") if code.strip())

    @cached_property
    def rule_codes(self) -> tuple[str, ...]:
        """The rulesets an assessment uses unless told otherwise."""
        return tuple(code.strip() for code in self.rules.split(",") if code.strip())

    @cached_property
    def host_names(self) -> frozenset[str]:
        """The names under which the service may be asked for work."""
        return frozenset(name.strip() for name in self.hosts.split(",") if name.strip())

    @cached_property
    def inbox_folder(self) -> Path:
        """Where files sent to the service wait for their import."""
        return self.inbox or self.home / "inbox"

    @cached_property
    def web_folder(self) -> Path:
        """What the browser gets: inside the installed package, or beside it in a checkout."""
        package = Path(str(resources.files("landgis")))
        inside = package / "web"
        return inside if inside.is_dir() else package.parent / "web"
