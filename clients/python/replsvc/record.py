# SPDX-License-Identifier: BSD-2-Clause
"""References and records: how what C hands out becomes Python's, and back.

A reference is a str, so that it prints, compares, hashes and may be stored; its class says what it names.
A record is a dataclass with the fields of a C struct that starts with its size. The library fills, and reads,
what the size that it is given covers: with an older library the fields it does not know stay 0, with a newer
one those that this package does not know are not seen.
"""
from __future__ import annotations

import ctypes
import dataclasses
import functools
import types
import typing
from typing import Any, ClassVar, TypeVar

R = TypeVar("R", bound="Record")

LIMITS: dict[Any, tuple[int, int]] = {
    ctypes.c_uint8: (0, 2**8 - 1), ctypes.c_uint16: (0, 2**16 - 1), ctypes.c_uint32: (0, 2**32 - 1),
    ctypes.c_uint64: (0, 2**64 - 1), ctypes.c_int32: (-(2**31), 2**31 - 1), ctypes.c_int64: (-(2**63), 2**63 - 1),
}


class Ref(str):
    """Names an object of the service; "" stands for none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"


def encode(value: str, name: str) -> bytes:
    """A text for C. Bytes of file names that are no UTF-8 go through unchanged."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: a str is required, not {type(value).__name__}")
    data = value.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError(f"{name}: a text cannot contain a NUL character")
    return data


def decode(data: bytes) -> str:
    """A text from C."""
    return data.decode("utf-8", "surrogateescape")


def integer(value: Any, kind: Any, name: str) -> int:
    """An int that fits; ctypes would cut it silently."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: an int is required, not {type(value).__name__}")
    number = value.__index__()
    low, high = LIMITS[kind]
    if not low <= number <= high:
        raise ValueError(f"{name}: {number} is not between {low} and {high}")
    return int(number)


def tristate(value: bool | None, name: str) -> int:
    """replsvc_opt_bool."""
    if value is not None and not isinstance(value, (bool, int)):
        raise TypeError(f"{name}: True, False or None is required, not {type(value).__name__}")
    return 0 if value is None else 1 if value else 2


def to_array(value: str, size: int, name: str) -> bytes:
    """A text for a char array, its NUL included."""
    data = encode(value, name)
    if len(data) >= size:
        raise ValueError(f"{name}: at most {size - 1} bytes")
    return data


class Record:
    """A dataclass that mirrors a C struct."""

    _c_: ClassVar[Any]
    _plus_one_: ClassVar[frozenset[str]] = frozenset()
    _optional_: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    @functools.cache
    def _hints(cls) -> dict[str, tuple[Any, bool]]:
        """Field → (its type, whether it may be None)."""
        found = {}
        hints = typing.get_type_hints(cls)
        for field in dataclasses.fields(cls):
            hint, optional = hints[field.name], False
            if isinstance(hint, types.UnionType):
                hint, optional = next(a for a in typing.get_args(hint) if a is not type(None)), True
            found[field.name] = (hint, optional)
        return found

    @classmethod
    def _new_c(cls) -> Any:
        """The struct with nothing but its size."""
        c = cls._c_()
        if hasattr(c, "size"):
            c.size = ctypes.sizeof(c)
        return c

    @classmethod
    def _from_c(cls: type[R], c: Any) -> R:
        values: dict[str, Any] = {}
        for name, (hint, optional) in cls._hints().items():
            value, convert = getattr(c, name), typing.cast(Any, hint)
            if name in cls._optional_:
                value = {1: True, 2: False}.get(value)
            elif isinstance(value, bytes):
                value = decode(value)
            elif isinstance(value, ctypes.Array):
                value = tuple(value)
            elif isinstance(hint, type) and issubclass(hint, Record):
                value = hint._from_c(value)
            elif isinstance(value, int) and not isinstance(value, bool):
                if optional:
                    value = None if value == 0 else convert(value - (name in cls._plus_one_))
                else:
                    value = convert(value)
            values[name] = value
        return cls(**values)

    def _to_c(self) -> Any:
        """The struct; what its pointers point to lives as long as the struct."""
        c = self._new_c()
        c._keep = keep = []
        kinds = dict(c._fields_)
        for name, (hint, _) in self._hints().items():
            value, kind = getattr(self, name), kinds[name]
            if name in self._optional_:
                setattr(c, name, tristate(value, name))
            elif value is None:
                continue
            elif kind is ctypes.c_char_p:
                setattr(c, name, encode(value, name))
            elif kind is ctypes.c_bool:
                setattr(c, name, bool(value))
            elif issubclass(kind, ctypes.Array) and kind._type_ is ctypes.c_char:
                setattr(c, name, to_array(value, kind._length_, name))
            elif issubclass(kind, ctypes._Pointer):
                numbers = [integer(v, kind._type_, name) for v in value]
                array = (kind._type_ * len(numbers))(*numbers)
                keep.append(array)
                setattr(c, name, ctypes.cast(array, kind) if numbers else None)
                setattr(c, f"n_{name}", len(numbers))
            else:
                setattr(c, name, integer(value, kind, name) + (name in self._plus_one_))
        return c

    def as_dict(self) -> dict[str, Any]:
        """The fields, with the names of enum values and without what is None; ready for JSON."""
        result: dict[str, Any] = {}
        for name in self._hints():
            value = getattr(self, name)
            if isinstance(value, Record):
                value = value.as_dict()
            elif isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, int) and not isinstance(value, bool) and hasattr(value, "name"):
                value = (value.name or "").lower().replace("_", "-")
            if value is not None:
                result[name] = value
        return result
