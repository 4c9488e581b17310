# SPDX-License-Identifier: BSD-2-Clause
"""Marshallers: one class for each kind of parameter that the C functions have. calls.py is made of them.

A marshaller prepares what C gets from what Python gives (`prepare` appends C's arguments and returns what must
live during the call), tells the result afterwards, and frees what C has allocated.
"""
from __future__ import annotations

import os
from ctypes import POINTER, byref, c_char_p, c_size_t, c_void_p, string_at
from typing import Any, Iterable, Mapping, Sequence, Union

from . import abi, errors
from .enums import ReturnCode
from .library import free, lib
from .record import Record, Ref, decode, encode, integer, to_array, tristate
from .types import JobRef, ReplicationSettings

StrPath = Union[str, "os.PathLike[str]"]
Settings = Union[str, ReplicationSettings, Mapping[str, Any]]


class Marshaller:
    """One parameter of C, or an array and its length."""

    takes = True
    tells = False

    def __init__(self, name: str) -> None:
        self.name = name

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        raise NotImplementedError

    def result(self, state: Any, service: Any) -> Any:
        return None

    def release(self, state: Any) -> None:
        pass


class Text(Marshaller):
    """const char *"""

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        data = None if value is None else encode(os.fspath(value), self.name)
        arguments.append(data)
        return data


class SettingData(Marshaller):
    """An embedded ReplicationSettingData: text, record, or mapping of its properties."""

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        from .settings import text_of

        data = None if value is None else encode(text_of(value), self.name)
        arguments.append(data)
        return data


class TextsIn(Marshaller):
    """const char *const names[], size_t n_names"""

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        if isinstance(value, str):
            raise TypeError(f"{self.name}: a list of texts is required, not one text")
        texts = [encode(os.fspath(v), self.name) for v in value]
        array = (c_char_p * len(texts))(*texts)
        arguments += [array if texts else None, len(texts)]
        return array


class Int(Marshaller):
    """An integer or enum."""

    def __init__(self, name: str, kind: Any) -> None:
        super().__init__(name)
        self.kind = kind

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        arguments.append(0 if value is None else integer(value, self.kind, self.name))


class Bool(Marshaller):
    """bool"""

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        arguments.append(bool(value))


class Tristate(Marshaller):
    """replsvc_opt_bool"""

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        arguments.append(tristate(value, self.name))


def fill(struct: Any, value: Any, ref: type[Ref], name: str) -> None:
    """A reference into its struct. One that is known to name something else is refused."""
    if value is None:
        return
    if isinstance(value, Ref) and not isinstance(value, ref):
        raise TypeError(f"{name}: {value!r} is no {ref.__name__}")
    struct.id = to_array(value, abi.REPLSVC_REF_SIZE, name)


class RefIn(Marshaller):
    """const replsvc_element_ref *"""

    def __init__(self, name: str, ref: type[Ref]) -> None:
        super().__init__(name)
        self.ref = ref
        snake = "".join("_" + c.lower() if c.isupper() else c for c in ref.__name__)
        self.struct: Any = getattr(abi, f"replsvc{snake}")

    def tell(self, data: bytes, service: Any) -> Ref:
        if self.ref is JobRef:
            from .job import Job

            return Job(decode(data), service)
        return self.ref(decode(data))

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        if value is None:
            arguments.append(None)
            return None
        struct = self.struct()
        fill(struct, value, self.ref, self.name)
        arguments.append(byref(struct))
        return struct


class RefsIn(RefIn):
    """const replsvc_element_ref members[], size_t n_members"""

    def array(self, value: Any, arguments: list[Any]) -> Any:
        if isinstance(value, str):
            raise TypeError(f"{self.name}: a list of references is required, not one")
        values = list(value)
        array = (self.struct * len(values))()
        for struct, v in zip(array, values):
            fill(struct, v, self.ref, self.name)
        arguments += [array if values else None, len(values)]
        return array

    prepare = array


class RefOut(RefIn):
    """replsvc_job_ref *job"""

    takes, tells = False, True

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        struct = self.struct()
        fill(struct, value, self.ref, self.name)
        arguments.append(byref(struct))
        return struct

    def result(self, state: Any, service: Any) -> Any:
        return self.tell(state.id, service)


class RefInOut(RefOut):
    """A reference that is both given and told."""

    takes = True


class RefsInOut(RefsIn):
    """An array of them."""

    tells = True

    def result(self, state: Any, service: Any) -> Any:
        return [self.tell(struct.id, service) for struct in state]


class NameInOut(Marshaller):
    """replsvc_name *"""

    tells = True

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        struct = abi.replsvc_name()
        if value is not None:
            struct.text = to_array(value, abi.REPLSVC_NAME_SIZE, self.name)
        arguments.append(byref(struct))
        return struct

    def result(self, state: Any, service: Any) -> Any:
        return decode(state.text)


class RecordIn(Marshaller):
    """const replsvc_element_options *"""

    def __init__(self, name: str, record: type[Record]) -> None:
        super().__init__(name)
        self.record = record

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        if value is None:
            arguments.append(None)
            return None
        if not isinstance(value, self.record):
            raise TypeError(f"{self.name}: {self.record.__name__} is required, not {type(value).__name__}")
        struct = value._to_c()
        arguments.append(byref(struct))
        return struct


class RecordOut(Marshaller):
    """replsvc_sync_info *info"""

    takes, tells = False, True

    def __init__(self, name: str, record: type[Record]) -> None:
        super().__init__(name)
        self.record = record

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        struct = self.record._new_c()
        arguments.append(byref(struct))
        return struct

    def result(self, state: Any, service: Any) -> Any:
        return self.record._from_c(state)


class IntOut(Marshaller):
    """uint16_t *"""

    takes, tells = False, True

    def __init__(self, name: str, kind: Any, told: Any) -> None:
        super().__init__(name)
        self.kind, self.told = kind, told

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        place = self.kind()
        arguments.append(byref(place))
        return place

    def result(self, state: Any, service: Any) -> Any:
        return self.told(state.value)


class OutText(Marshaller):
    """char **"""

    takes, tells = False, True

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        place = c_void_p()
        arguments.append(byref(place))
        return place

    def result(self, state: Any, service: Any) -> Any:
        return decode(string_at(state)) if state.value else None

    def release(self, state: Any) -> None:
        free(state)


class ListOut(Marshaller):
    """An array that the library allocates, and its length."""

    takes, tells = False, True
    kind: Any

    def prepare(self, value: Any, arguments: list[Any]) -> Any:
        state = (POINTER(self.kind)(), c_size_t())
        arguments += [byref(state[0]), byref(state[1])]
        return state

    def one(self, item: Any, service: Any) -> Any:
        raise NotImplementedError

    def result(self, state: Any, service: Any) -> Any:
        return [self.one(state[0][i], service) for i in range(state[1].value if state[0] else 0)]

    def release(self, state: Any) -> None:
        free(state[0])


class IntsOut(ListOut):
    """uint16_t **, size_t *"""

    def __init__(self, name: str, kind: Any, told: Any) -> None:
        super().__init__(name)
        self.kind, self.told = kind, told

    def one(self, item: Any, service: Any) -> Any:
        return self.told(item)


class TextsOut(ListOut):
    """char ***, size_t *"""

    kind = c_char_p

    def one(self, item: Any, service: Any) -> Any:
        return decode(item)


class RecordsOut(ListOut):
    """An array of infos."""

    def __init__(self, name: str, record: type[Record]) -> None:
        super().__init__(name)
        self.record, self.kind = record, record._c_

    def one(self, item: Any, service: Any) -> Any:
        return self.record._from_c(item)


class RefsOut(ListOut):
    """replsvc_element_ref **, size_t *"""

    def __init__(self, name: str, ref: type[Ref]) -> None:
        super().__init__(name)
        self.single = RefIn(name, ref)
        self.kind = self.single.struct

    def one(self, item: Any, service: Any) -> Any:
        return self.single.tell(item.id, service)


class Call:
    """A function of C with its marshallers. `told`: the class of several results; `code`: whether the code is
    the result, when it tells whether a job goes on."""

    def __init__(self, function: str, parameters: Sequence[Marshaller], told: Any, code: bool) -> None:
        self.function, self.parameters, self.told, self.code = function, parameters, told, code

    def __call__(self, service: Any, pointer: Any, *given: Any) -> Any:
        function = getattr(lib, self.function)
        arguments: list[Any] = [] if service is None else [pointer]
        values: Iterable[Any] = iter(given)
        states = [p.prepare(next(values) if p.takes else None, arguments)  # type: ignore[call-overload]
                  for p in self.parameters]
        pairs = list(zip(self.parameters, states))
        code = function(*arguments)
        if code not in (abi.REPLSVC_OK, abi.REPLSVC_JOB_STARTED):
            raise errors.last(code, self.function)
        try:
            results = [p.result(state, service) for p, state in pairs if p.tells]
        finally:
            for p, state in pairs:
                p.release(state)
        if self.code:
            return ReturnCode(code)
        if self.told is not None:
            return self.told(*results)
        return results[0] if results else None
