# SPDX-License-Identifier: BSD-2-Clause
"""Writes replsvc/calls.py: a typed Python method for each function whose parameters follow the rules of the
headers. A function that does not (it takes a callback, say) is left to be written by hand."""
from __future__ import annotations

import re
import textwrap

from .common import NOTICE, camel, docstring, enum_tag, flags_class, python_words
from .headers import Api, CType, FunctionType, Variable
from .types import with_all, written_structs

# These have a Python form of their own: opening and closing, waiting, errors, memory.
BY_HAND = {
    "replsvc_service_open", "replsvc_service_close", "replsvc_service_connect", "replsvc_free",
    "replsvc_last_error", "replsvc_strerror", "replsvc_version", "replsvc_version_string", "replsvc_features",
    "replsvc_event_fd", "replsvc_event_next", "replsvc_job_wait", "replsvc_io_queue_open",
    "replsvc_copy", "replsvc_backend_register", "replsvc_backend_find", "replsvc_backend_set_error",
}
CODES = {"1": "NotSupported", "3": "TimedOut", "4": "Failed", "5": "InvalidParameter", "6": "InUse",
         "7": "MethodFailed", "8": "MethodFailed", "4097": "InvalidStateTransition"}
INTEGERS = ("uint8_t", "uint16_t", "uint32_t", "uint64_t", "int32_t", "int64_t", "size_t")


class Unfit(Exception):
    """The function does not follow the rules."""


class Parameter:
    """What becomes of one or two parameters of C: marshaller, and Python's argument and result."""

    def __init__(self, name: str, marshal: str, doc: str, argument: str | None = None,
                 default: str | None = None, result: str | None = None) -> None:
        self.name, self.marshal, self.doc = name, marshal, doc
        self.argument, self.default, self.result = argument, default, result


def parameter_docs(function: FunctionType) -> dict[str, tuple[str, str]]:
    """name → (direction, text)."""
    found = {}
    for direction, name, text in re.findall(r"@param(?:\[([\w,]+)\])? (\w+)\s+((?:(?!\n@).)*)", function.doc, re.S):
        text = " ".join(text.split())
        if match := re.match(r"\[([\w,]+)\] ", text):
            direction, text = match[1], text[match.end():]
        found[name] = (direction or "in", text)
    return found


def absent(doc: str) -> bool:
    """Whether the comment says what it means when the parameter is not given."""
    return not re.search(r"\brequired\b", doc) and bool(
        re.search(r"\b(NULL|0|absent)( =|:| is allowed)|may be NULL|^0$|or 0$|negative: leave", doc))


def translate(api: Api, function: FunctionType) -> tuple[bool, list[Parameter]]:
    """Whether the first parameter is the service, and the others."""
    docs = parameter_docs(function)
    rest = list(function.parameters)
    of_service = bool(rest) and rest[0].type == CType("replsvc_service", False, 1)
    if of_service:
        rest.pop(0)
    result = []
    while rest:
        p = rest.pop(0)
        if p.name not in docs:
            raise Unfit(f"{p.name} has no comment")
        direction, p.doc = docs[p.name]
        length = bool(rest) and rest[0].name == f"n_{p.name}"
        if length:
            rest.pop(0)
        result.append(translate_one(api, p, direction, length))
    return of_service, result


def translate_one(api: Api, p: Variable, direction: str, length: bool) -> Parameter:
    kind, doc = p.type, p.doc
    quoted = f'"{p.name}"'
    optional = absent(doc)
    if length:
        return translate_list(api, p, direction, optional)
    if kind.base == "char" and kind.const and kind.pointers == 1:
        python = "StrPath" if re.search(r"path|locator|child|parent", p.name) else "str"
        marshal = "Text"
        if p.name == "replication_setting_data":
            python, marshal = "Settings", "SettingData"
        return Parameter(p.name, f"m.{marshal}({quoted})", doc, f"{python} | None" if optional else python,
                         "None" if optional else None)
    if kind.base == "char" and kind.pointers == 2 and direction == "out":
        return Parameter(p.name, f"m.OutText({quoted})", doc, result="str | None")
    if kind.base == "replsvc_opt_bool" and not kind.pointers:
        return Parameter(p.name, f"m.Tristate({quoted})", doc, "bool | None", "None")
    if kind.base == "bool" and not kind.pointers:
        return Parameter(p.name, f"m.Bool({quoted})", doc, "bool", "False")
    if kind.is_ref and kind.pointers == 1:
        ref = camel(kind.base)
        told = "Job" if ref == "JobRef" else ref
        if kind.const:
            return Parameter(p.name, f"m.RefIn({quoted}, types.{ref})", doc,
                             "str | None" if optional else "str", "None" if optional else None)
        if direction == "out":
            return Parameter(p.name, f"m.RefOut({quoted}, types.{ref})", doc, result=told)
        return Parameter(p.name, f"m.RefInOut({quoted}, types.{ref})", doc, "str | None", "None", told)
    if kind.base == "replsvc_name" and kind.pointers == 1:
        return Parameter(p.name, f"m.NameInOut({quoted})", doc, "str | None", "None", "str")
    if kind.base in api.structs and kind.pointers == 1:
        if kind.base not in {s.name for s in written_structs(api)}:
            raise Unfit(kind.base)
        record = camel(kind.base)
        if kind.const:
            return Parameter(p.name, f"m.RecordIn({quoted}, types.{record})", doc,
                             f"types.{record} | None" if optional else f"types.{record}",
                             "None" if optional else None)
        return Parameter(p.name, f"m.RecordOut({quoted}, types.{record})", doc, result=f"types.{record}")
    if (kind.base in INTEGERS or kind.base in api.enums) and kind.pointers <= 1:
        return translate_integer(api, p, direction, optional)
    raise Unfit(f"{kind} {p.name}")


def translate_integer(api: Api, p: Variable, direction: str, optional: bool) -> Parameter:
    tag = enum_tag(api, Variable(p.name, CType(p.type.base, False, 0), None, p.doc))
    flags = flags_class(p)
    named = f"enums.{camel(tag)}" if tag else f"enums.{flags}" if flags and "flags" in p.name else None
    c_type = "c_uint32" if p.type.base in api.enums else f"c_{p.type.base.removesuffix('_t')}"
    if p.type.pointers:
        return Parameter(p.name, f'm.IntOut("{p.name}", c.{c_type}, {named or "int"})', p.doc, result=named or "int")
    argument, default = named or "int", None
    if optional:
        default = "-1" if "negative: leave" in p.doc else "0"
        if tag:
            argument, default = f"{named} | None", "None"
        elif named:
            default = f"{named}(0)"
    return Parameter(p.name, f'm.Int("{p.name}", c.{c_type})', p.doc, argument, default)


def translate_list(api: Api, p: Variable, direction: str, optional: bool) -> Parameter:
    kind, quoted = p.type, f'"{p.name}"'
    if p.array is not None and kind.is_ref:
        ref = camel(kind.base)
        default = "()" if optional or direction == "in,out" else None
        if kind.const:
            return Parameter(p.name, f"m.RefsIn({quoted}, types.{ref})", p.doc, "Iterable[str]", default)
        return Parameter(p.name, f"m.RefsInOut({quoted}, types.{ref})", p.doc, "Iterable[str]", default,
                         f"list[types.{ref}]")
    if p.array is not None and kind.base == "char" and kind.const or kind.base == "char" and kind.const_pointer:
        return Parameter(p.name, f"m.TextsIn({quoted})", p.doc,
                         "Iterable[StrPath]" if p.name == "roots" else "Iterable[str]", "()" if optional else None)
    if direction != "out":
        raise Unfit(p.name)
    if kind.base == "char" and kind.pointers == 3:
        return Parameter(p.name, f"m.TextsOut({quoted})", p.doc, result="list[str]")
    if kind.is_ref and kind.pointers == 2:
        ref = camel(kind.base)
        told = "Job" if ref == "JobRef" else f"types.{ref}"
        return Parameter(p.name, f"m.RefsOut({quoted}, types.{ref})", p.doc, result=f"list[{told}]")
    if kind.base in (*INTEGERS, "bool") and kind.pointers == 2:
        tag = enum_tag(api, Variable(p.name, CType(kind.base, False, 0), None, p.doc))
        named = "bool" if kind.base == "bool" else f"enums.{camel(tag)}" if tag else "int"
        return Parameter(p.name, f"m.IntsOut({quoted}, c.c_{kind.base.removesuffix('_t')}, {named})", p.doc,
                         result=f"list[{named}]")
    if kind.base in {s.name for s in written_structs(api)} and kind.pointers == 2:
        return Parameter(p.name, f"m.RecordsOut({quoted}, types.{camel(kind.base)})", p.doc,
                         result=f"list[types.{camel(kind.base)}]")
    raise Unfit(p.name)


def documentation(function: FunctionType, parameters: list[Parameter], told: str) -> str:
    text = function.doc.split("\n@param")[0].split("\n@return")[0].split("\n@retval")[0]
    text = re.sub(r"\s*Lists are freed\s+with\s+replsvc_free\(\)\.", "", text)
    text = re.sub(r"\n@note ", "\n", text)
    items = [f":param {p.name}: {python_words(p.doc)}" for p in parameters if p.argument]
    results = [f"{p.name}: {python_words(re.sub('; may be NULL$', '', p.doc))}" for p in parameters if p.result]
    if results:
        items.append(f":returns: {'; '.join(results)}" if len(results) > 1 else f":returns: {results[0].split(': ', 1)[1]}")
    elif told == "enums.ReturnCode":
        items.append(":returns: ReturnCode.OK or ReturnCode.JOB_STARTED")
    for code, reason in re.findall(r"@retval (\w+) ((?:(?!\n@).)*)", function.doc, re.S):
        if code in CODES:
            items.append(f":raises {CODES[code]}: {python_words(' '.join(reason.split()))}")
    items = [re.sub(r"\s+", " ", i).replace("; free it with free()", "").replace("; one free() frees list and texts", "")
             for i in items]
    return python_words(text.strip()) + ("\n\n" + "\n".join(items) if items else "")


def write_function(function: FunctionType, of_service: bool, parameters: list[Parameter]) -> tuple[str, str, str]:
    """The call, the type of its results, and the method."""
    name = function.name.removeprefix("replsvc_")
    results = [p for p in parameters if p.result]
    record = ""
    if len(results) > 1:
        told = f"{camel(function.name)}Result"
        record = (f"\n\nclass {told}(NamedTuple):\n    \"\"\"What {name}() answers.\"\"\"\n\n"
                  + "".join(f"    {p.name}: {qualified(p.result)}\n" for p in results))
    elif results:
        told = qualified(results[0].result)
    else:
        told = "enums.ReturnCode" if "@retval 4096" in function.doc else "None"
    call = (f"_{name} = m.Call(\n    \"{function.name}\",\n    [\n"
            + "".join(f"        {p.marshal},\n" for p in parameters)
            + f"    ],\n    {told if record else 'None'},\n    {told == 'enums.ReturnCode'},\n)\n")
    required = [p for p in parameters if p.argument and p.default is None]
    optional = [p for p in parameters if p.argument and p.default is not None]
    lines = [f"    {p.name}: {p.argument},\n" for p in required]
    if optional:
        lines.append("    *,\n")
        lines += [f"    {p.name}: {p.argument} = {p.default},\n" for p in optional]
    given = "".join(f", {p.name}" for p in parameters if p.argument)
    head = f"self._call(_{name}" if of_service else f"_{name}(None, None"
    text = f"    return {head}{given})\n"
    if len(text) > 100:
        first = f"_{name}" if of_service else "None, None"
        text = (f"    return {head.split('(')[0]}(\n"
                + textwrap.fill(f"{first}{given}", 100, initial_indent="        ", subsequent_indent="        ")
                + "\n    )\n")
    if of_service:
        body = [f"def {name}(\n", "    self,\n", *lines, f") -> {told}:\n"]
        body += [docstring(documentation(function, parameters, told), "    ", 106), text]
        body = [("    " + line if line.strip() else line) for line in "".join(body).splitlines(keepends=True)]
    else:
        body = [f"def {name}(\n", *lines, f") -> {told}:\n", docstring(documentation(function, parameters, told), "    "), text]
    if not lines and not of_service:
        body[0:2] = [f"def {name}() -> {told}:\n"]
    return call, record, "".join(body)


def qualified(kind: str | None) -> str:
    assert kind
    return kind if kind in ("Job", "str", "int", "str | None") or "." in kind or "[" in kind else f"types.{kind}"


def write_calls(api: Api) -> tuple[str, dict[str, str]]:
    """replsvc/calls.py, and the functions that it leaves out with the reason."""
    calls, records, methods, functions, left = [], [], [], [], {}
    for function in api.functions.values():
        if function.name in BY_HAND:
            left[function.name] = "by hand"
            continue
        try:
            if function.returns != CType("uint32_t", False, 0):
                raise Unfit("returns no CIM code")
            of_service, parameters = translate(api, function)
        except Unfit as reason:
            left[function.name] = str(reason)
            continue
        call, record, text = write_function(function, of_service, parameters)
        calls.append(call)
        records += [record] if record else []
        (methods if of_service else functions).append(text)
    head = (NOTICE + '"""The functions of the library, as methods of a service and as functions of the package.\n\n'
            "A method has the name of the function without `replsvc_`. What is required comes first, in C's\n"
            "order; what may be absent is given by its name. What a function gives out is returned: one thing\n"
            "as it is, several as a tuple with names. A job that is \"\" stands for no job: waiting for it\n"
            'returns at once."""\n'
            "from __future__ import annotations\n\nimport ctypes as c\nfrom typing import TYPE_CHECKING, Any, Iterable, NamedTuple\n\n"
            "from . import enums, types\nfrom . import marshal as m\nfrom .marshal import Settings, StrPath\n\n"
            "if TYPE_CHECKING:\n    from .job import Job\n")
    service = ('\n\nclass ServiceCalls:\n    """Every function whose first parameter is the service."""\n\n'
               "    def _call(self, call: m.Call, *arguments: Any) -> Any:\n        raise NotImplementedError\n\n")
    text = (head + "".join(records) + "\n\n" + "\n".join(calls) + service + "\n".join(methods) + "\n\n"
            + "\n\n".join(functions))
    return with_all(text), left
