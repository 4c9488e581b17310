# SPDX-License-Identifier: BSD-2-Clause
"""ReplicationSettingData: as a dataclass, as a mapping of properties, as embedded MOF or CIM-XML."""
from __future__ import annotations

import dataclasses
import re
from typing import Any, Mapping

from .calls import replication_settings_format, replication_settings_parse
from .enums import Encoding
from .types import ReplicationSettings

FIELDS = {f.name for f in dataclasses.fields(ReplicationSettings)}


def field_of(name: str) -> str:
    """The field for a name: CIM's ("DesiredCopyMethodology") or the field's own."""
    snake = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    snake = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", snake).lower()
    for candidate in (name, snake, snake + "_us"):
        if candidate in FIELDS:
            return candidate
    raise ValueError(f"ReplicationSettingData has no property {name}")


def from_mapping(properties: Mapping[str, Any]) -> ReplicationSettings:
    """Settings from property names and values; None leaves a property out."""
    return ReplicationSettings(**{field_of(name): value for name, value in properties.items()})


def text_of(settings: str | ReplicationSettings | Mapping[str, Any]) -> str:
    """The embedded instance (CIM-XML) for what a call takes as settings."""
    if isinstance(settings, str):
        return settings
    if isinstance(settings, Mapping):
        settings = from_mapping(settings)
    if not isinstance(settings, ReplicationSettings):
        raise TypeError(f"settings: text, ReplicationSettings or a mapping is required, not {type(settings).__name__}")
    return replication_settings_format(settings, Encoding.CIM_XML) or ""


def parse(text: str) -> ReplicationSettings:
    """Settings from an embedded instance in either encoding."""
    return replication_settings_parse(text)
