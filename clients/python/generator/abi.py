# SPDX-License-Identifier: BSD-2-Clause
"""Writes what is bare C: replsvc/abi.py for ctypes, and replsvc/replsvc.cdef for those who prefer cffi."""
from __future__ import annotations

import re

from .common import NOTICE, docstring, python_words
from .headers import Api, CType, Enum, FunctionType, Struct, Variable

SCALARS = {
    "uint8_t": "c_uint8", "uint16_t": "c_uint16", "uint32_t": "c_uint32", "uint64_t": "c_uint64",
    "int32_t": "c_int32", "int64_t": "c_int64", "int": "c_int", "size_t": "c_size_t", "bool": "c_bool",
    "char": "c_char",
}


def ctypes_name(api: Api, kind: CType) -> str:
    """The ctypes expression for a type."""
    pointers = kind.pointers
    if kind.base in api.function_types:
        inner = kind.base
    elif kind.base in api.opaque or kind.base == "void":
        if pointers == 0:
            return "None"
        inner, pointers = "c_void_p", pointers - 1
    elif kind.base == "char" and pointers:
        # A text that the library gives out must keep its address, to be freed.
        if pointers == 1 and not kind.const:
            inner, pointers = "POINTER(c_char)", 0
        elif pointers == 2 and not kind.const:
            inner, pointers = "c_void_p", 1
        else:
            inner, pointers = "c_char_p", pointers - 1
    elif kind.base in api.enums:
        inner = "c_uint32"
    elif kind.base == "iovec":
        inner = "iovec"
    else:
        inner = SCALARS.get(kind.base) or kind.base
    for _ in range(pointers):
        inner = f"POINTER({inner})"
    return inner


def function_type(api: Api, function: FunctionType) -> str:
    arguments = [ctypes_name(api, function.returns)] + [parameter_type(api, p) for p in function.parameters]
    return f"CFUNCTYPE({', '.join(arguments)})"


def parameter_type(api: Api, variable: Variable) -> str:
    kind = variable.type
    if variable.array is not None:
        kind = CType(kind.base, kind.const, kind.pointers + 1)
    return ctypes_name(api, kind)


def field_type(api: Api, variable: Variable) -> str:
    if variable.function:
        return function_type(api, variable.function)
    name = ctypes_name(api, variable.type)
    return f"{name} * {variable.array}" if variable.array else name


def write_struct(api: Api, struct: Struct) -> str:
    lines = [f"class {struct.name}(Structure):"]
    if struct.doc:
        lines.append(docstring(python_words(struct.doc), "    ").rstrip("\n"))
        lines.append("")
    lines.append("    _fields_ = [")
    lines += [f'        ("{f.name}", {field_type(api, f)}),' for f in struct.fields]
    return "\n".join(lines + ["    ]"])


def write_abi(api: Api) -> str:
    """replsvc/abi.py."""
    out = [NOTICE + '"""The C interface as ctypes sees it: constants, structs, function types, prototypes.\n\n'
           "The names are those of C. FUNCTIONS has the result and the parameters of every exported function;\n"
           '`replsvc.library.lib` has the functions themselves."""',
           "from __future__ import annotations\n\nfrom ctypes import (\n    CFUNCTYPE,\n    POINTER,\n    Structure,\n"]
    out.append("\n".join(f"{name} = {value!r}" for name, (value, _) in api.constants.items()))
    for enum in api.enums.values():
        out.append(f"# enum {enum.name}\n" + "\n".join(f"{name} = {value}" for name, value, _ in enum.members))
    out.append('\nclass iovec(Structure):\n    """A buffer of <sys/uio.h>."""\n\n'
               '    _fields_ = [\n        ("iov_base", c_void_p),\n        ("iov_len", c_size_t),\n    ]')
    for item in api.order:
        if isinstance(item, Struct):
            out.append("\n" + write_struct(api, item))
        elif isinstance(item, FunctionType) and item.name in api.function_types:
            out.append(f"{item.name} = {function_type(api, item)}")
    functions = ["FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {"]
    for function in api.functions.values():
        result = ctypes_name(api, function.returns)
        functions.append(f'    "{function.name}": (\n        {result},\n        [')
        functions += [f"            {parameter_type(api, p)},  # {p.name}" for p in function.parameters]
        functions.append("        ],\n    ),")
    out.append("\n".join(functions + ["}"]))
    body = "\n\n".join(out[2:]) + "\n"
    used = [n for n in sorted({"c_char_p", "c_void_p", *SCALARS.values()}) if re.search(rf"\b{n}\b", body)]
    return "\n\n".join(out[:2]) + "".join(f"    {n},\n" for n in used) + ")\nfrom typing import Any\n\n" + body


def c_declaration(variable: Variable) -> str:
    if variable.function:
        return c_function(variable.function, f"(*{variable.name})")
    kind = variable.type
    prefix = "struct " if kind.base == "iovec" else ""
    stars = "*" * kind.pointers
    if kind.const_pointer:
        stars = "*const " + stars[1:]
    text = f"{'const ' if kind.const else ''}{prefix}{kind.base} {stars}"
    return f"{text}{variable.name}" + (f"[{variable.array}]" if variable.array is not None else "")


def c_function(function: FunctionType, name: str) -> str:
    parameters = [c_declaration(p) for p in function.parameters] or ["void"]
    if function.variadic:
        parameters.append("...")
    kind = function.returns
    return f"{'const ' if kind.const else ''}{kind.base} {'*' * kind.pointers}{name}({', '.join(parameters)})"


def write_cdef(api: Api) -> str:
    """replsvc/replsvc.cdef: for cffi's FFI().cdef() as it is, and for a C compiler after <stdint.h>,
    <stddef.h> and <stdbool.h>."""
    out = ["// SPDX-License-Identifier: BSD-2-Clause",
           "// Written by clients/python/generate.py from include/replsvc/*.h: do not edit.",
           "// The C interface for cffi: ffi.cdef(open(path).read()), then ffi.dlopen(\"libreplsvc.so.1\").",
           "struct iovec { void *iov_base; size_t iov_len; };"]
    out += [f"#define {name} {value}" for name, (value, _) in api.constants.items() if isinstance(value, int)]
    for item in api.order:
        if isinstance(item, str):
            out.append(f"typedef struct {item} {item};")
        elif isinstance(item, Enum):
            members = ", ".join(f"{name} = {value}" for name, value, _ in item.members)
            out.append(f"typedef enum {item.name} {{ {members} }} {item.name};")
        elif isinstance(item, Struct):
            fields = " ".join(c_declaration(f) + ";" for f in item.fields)
            out.append(f"typedef struct {item.name} {{ {fields} }} {item.name};")
        elif item.name in api.function_types:
            out.append(f"typedef {c_function(item, f'(*{item.name})')};")
        else:
            out.append(f"{c_function(item, item.name)};")
    return "\n".join(out) + "\n"
