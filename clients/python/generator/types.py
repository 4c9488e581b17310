# SPDX-License-Identifier: BSD-2-Clause
"""Writes replsvc/enums.py (value maps, flags) and replsvc/types.py (references, infos, options)."""
from __future__ import annotations

import re

from .common import FLAGS, NOTICE, camel, docstring, enum_tag, flags_class, member_prefix, python_words
from .headers import Api, Enum, Struct, Variable

# By hand: the error (errors.py), requests of a queue (queue.py), a name that is taken and given (marshal.py);
# and what only a backend sees, which is reached through abi.py.
NOT_WRITTEN = ("replsvc_error", "replsvc_io_request", "replsvc_name", "replsvc_vhdx_finding")


def write_enums(api: Api) -> str:
    """replsvc/enums.py."""
    out = [NOTICE + '"""The values of CIM\'s properties and of the library\'s own, as the C headers have them.\n\n'
           "A value that this package does not know (a newer library may have more) is no error: it becomes a\n"
           'member whose name is VALUE_n. 0 where the value map has none stands for absent and is named ABSENT."""',
           "from __future__ import annotations\n\nfrom enum import IntEnum, IntFlag\nfrom typing import Any",
           '''
class CimEnum(IntEnum):
    """An enum that lives with values it does not know."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = "ABSENT" if value == 0 else f"VALUE_{value}"
        member._value_ = value
        return cls._value2member_map_.setdefault(value, member)

    def __str__(self) -> str:
        return self.name.replace("_", " ").title()''']
    for enum in api.enums.values():
        if enum.name != "replsvc_opt_bool":  # Python has None
            out.append(enum_class(enum))
    for prefix, (name, doc) in FLAGS.items():
        longer = [p for p in FLAGS if p != prefix and p.startswith(prefix)]
        members = [(n, v, d) for n, (v, d) in api.constants.items()
                   if n.startswith(prefix) and not n.startswith(tuple(longer)) and isinstance(v, int)
                   and not n.endswith("_VERSION")]
        lines = [f"\nclass {name}(IntFlag):", docstring(doc, "    ")]
        for constant, value, comment in members:
            lines.append(member(constant.removeprefix(prefix), hex(value), comment))
        out.append("\n".join(lines).rstrip())
    return with_all("\n\n".join(out) + "\n")


def with_all(text: str) -> str:
    """The module, with a list of what it offers."""
    names = [n for n in re.findall(r"^(?:class|def) (\w+)", text, re.M) if n != "ServiceCalls"]
    listed = "__all__ = [\n" + "".join(f'    "{n}",\n' for n in names) + "]\n"
    return re.sub(r"\n\n\nclass ", lambda m: f"\n\n{listed}\n\nclass ", text, count=1)


def member(name: str, value: object, comment: str) -> str:
    if name[0].isdigit():
        name = "_" + name
    text = f"    {name} = {value}"
    return text + ("\n" + docstring(python_words(comment), "    ").rstrip("\n") if comment else "")


def enum_class(enum: Enum) -> str:
    prefix = member_prefix(enum)
    lines = [f"\nclass {camel(enum.name)}(CimEnum):", docstring(python_words(enum.doc or enum.name), "    ")]
    lines += [member(name.removeprefix(prefix), value, comment) for name, value, comment in enum.members]
    return "\n".join(lines)


def inputs(api: Api) -> set[str]:
    """The structs that a caller fills."""
    return {p.type.base for f in api.functions.values() for p in f.parameters
            if p.type.const and p.type.base in api.structs and not p.type.is_ref}


def written_structs(api: Api) -> list[Struct]:
    return [s for s in api.structs.values()
            if s.header != "backend.h" and s.name not in NOT_WRITTEN and not s.name.endswith("_ref")]


def visible(api: Api, struct: Struct) -> list[Variable]:
    """The fields that a Python user sees: no size, no reserve, no callbacks and their arguments, and no
    lengths of arrays that are a field."""
    names = {f.name for f in struct.fields}
    return [f for f in struct.fields
            if f.name not in ("size", "user") and not re.fullmatch(r"reserved\d*", f.name)
            and not f.function and f.type.base not in api.function_types and f.type.base != "void"
            and not (f.name.startswith("n_") and f.name[2:] in names)]


def field_kind(api: Api, f: Variable, plus_one: bool) -> tuple[str, str]:
    """Python's type of a field, and what an option is when it is not given."""
    if f.type.base == "char":
        return ("str | None", "None") if f.type.pointers else ("str", '""')
    if f.type.base == "replsvc_opt_bool":
        return "bool | None", "None"
    if f.type.base == "bool":
        return "bool", "False"
    if f.type.base in api.structs:
        return camel(f.type.base), "None"
    if f.type.pointers or f.array is not None:
        return "tuple[int, ...]", "()"
    if tag := enum_tag(api, f):
        return (f"{camel(tag)} | None", "None") if plus_one else (camel(tag), f"{camel(tag)}(0)")
    if name := flags_class(f):
        return name, f"{name}(0)"
    return "int", "0"


def write_dataclass(api: Api, struct: Struct, given: bool) -> str:
    lines = [f"\n@dataclass{'' if given else '(frozen=True)'}", f"class {camel(struct.name)}(Record):"]
    lines.append(docstring(python_words(struct.doc or struct.name), "    "))
    lines.append(f"    _c_ = abi.{struct.name}")
    plus_one = [f.name for f in struct.fields if "CIM value + 1" in f.doc]
    if plus_one:
        lines.append(f"    _plus_one_ = frozenset({plus_one!r})")
    optional = [f.name for f in struct.fields if f.type.base == "replsvc_opt_bool"]
    if optional:
        lines.append(f"    _optional_ = frozenset({sorted(optional)!r})".replace("'", '"'))
    for f in visible(api, struct):
        kind, default = field_kind(api, f, f.name in plus_one)
        if struct.name == "replsvc_replication_settings" and default.endswith("(0)"):
            kind, default = f"{kind} | None", "None"  # here every property may be absent
        lines.append(f"    {f.name}: {kind}" + (f" = {default}" if given else ""))
        if f.doc and f.name not in plus_one:
            lines.append(docstring(python_words(re.sub(r"^\[in\]\s*", "", f.doc)), "    ").rstrip("\n"))
    return "\n".join(lines)


def write_types(api: Api) -> str:
    """replsvc/types.py."""
    names = sorted({camel(e.name) for e in api.enums.values()} | {n for n, _ in FLAGS.values()})
    given = inputs(api)
    body = []
    for struct in api.structs.values():
        if struct.name.endswith("_ref"):
            what = struct.name.removeprefix("replsvc_").removesuffix("_ref").replace("_", " ")
            article = "an" if what[0] in "aeiou" else "a"
            body.append(f'\nclass {camel(struct.name)}(Ref):\n    """Names {article} {what}."""\n\n    __slots__ = ()')
    body += [write_dataclass(api, s, s.name in given) for s in written_structs(api)]
    text = "\n\n".join(body)
    used = [n for n in names if re.search(rf"\b{n}\b", text)]
    return with_all(NOTICE + '"""References, and what the library tells of objects (infos) or is told (options)."""\n'
            "from __future__ import annotations\n\nfrom dataclasses import dataclass\n\n"
            "from . import abi\nfrom .enums import (\n" + "".join(f"    {n},\n" for n in used) + ")\n"
            "from .record import Record, Ref\n\n" + text + "\n")
