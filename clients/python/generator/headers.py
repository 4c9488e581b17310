# SPDX-License-Identifier: BSD-2-Clause
"""Reads the public C headers: constants, enums, structs, function types and functions, with their comments.

No C parser in general: it reads the subset in which the headers are written and that clang-format keeps. What
it does not understand ends in an error that quotes the declaration, never in a guess.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CType:
    """A type: base name, whether that is const, how many pointers, and whether the first of these is const."""

    base: str
    const: bool
    pointers: int
    const_pointer: bool = False

    @property
    def is_ref(self) -> bool:
        """One of the small values that name an object."""
        return self.base.startswith("replsvc_") and self.base.endswith("_ref")


@dataclass
class Variable:
    """A field of a struct or a parameter. `array`: the length as written, "" for `[]`, None for none."""

    name: str
    type: CType
    array: str | None = None
    doc: str = ""
    function: "FunctionType | None" = None


@dataclass
class FunctionType:
    """A function, a typedef of a function pointer, or a member of a vtable."""

    name: str
    returns: CType
    parameters: list[Variable]
    variadic: bool = False
    doc: str = ""
    header: str = ""


@dataclass
class Enum:
    """An enum: its members in order, (name, value, comment)."""

    name: str
    members: list[tuple[str, int, str]]
    doc: str = ""
    is_typedef: bool = False


@dataclass
class Struct:
    """A struct with its fields; none for an opaque one."""

    name: str
    fields: list[Variable]
    doc: str = ""
    header: str = ""


@dataclass
class Api:
    """Everything that the headers declare, in their order."""

    constants: dict[str, tuple[int | str, str]] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    structs: dict[str, Struct] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    function_types: dict[str, FunctionType] = field(default_factory=dict)
    functions: dict[str, FunctionType] = field(default_factory=dict)
    order: list[Enum | Struct | FunctionType | str] = field(default_factory=list)


def clean_comment(text: str) -> str:
    """The words of a comment, without its stars."""
    text = re.sub(r"^/\*\*?<?|\*/$", "", text.strip())
    return "\n".join(re.sub(r"^\s*\* ?", "", line) if i else line.strip()
                     for i, line in enumerate(text.split("\n"))).strip()


def parse_variable(text: str, what: str) -> Variable:
    """One declarator: `const char *const names[]`, `uint32_t size`, `int (*close)(void *handle)`."""
    text = " ".join(text.split())
    match = re.fullmatch(r"(.*?)\(\*(\w+)\)\((.*)\)", text)
    if match:
        function = FunctionType(match[2], parse_type(match[1], what), *parse_parameters(match[3], what))
        return Variable(match[2], CType("function", False, 1), function=function)
    match = re.fullmatch(r"(.*?)(\w+)((?:\[\w*\])?)", text)
    if not match or not match[1].strip():
        raise SystemExit(f"{what}: cannot read `{text}`")
    array = match[3][1:-1] if match[3] else None
    return Variable(match[2], parse_type(match[1], what), array)


def parse_type(text: str, what: str) -> CType:
    """`const replsvc_element_ref *` and its like."""
    pointers = text.count("*")
    words = [w for w in re.split(r"[\s*]+", text) if w]
    const = bool(words) and words[0] == "const"
    base = [w for w in words if w not in ("const", "enum", "struct")]
    if len(base) != 1:
        raise SystemExit(f"{what}: cannot read the type `{text}`")
    return CType(base[0], const, pointers, bool(re.search(r"\*\s*const", text)))


def parse_parameters(text: str, what: str) -> tuple[list[Variable], bool]:
    """A parameter list, and whether it ends in `...`."""
    parts = [p.strip() for p in text.split(",")]
    if parts == ["void"]:
        return [], False
    variadic = parts[-1] == "..."
    return [parse_variable(p, what) for p in parts[: len(parts) - variadic]], variadic


PIECE = re.compile(
    r"""(?P<comment>/\*.*?\*/)
      | (?P<define>^\#define\ (?P<macro>REPLSVC_\w+)[\ \t\\\n]+(?P<value>[^\n]+)\n)
      | (?P<directive>^\#[^\n]*\n)
      | (?P<other>[^/#]+|.)""",
    re.X | re.S | re.M)


def read_header(api: Api, path: str) -> None:
    """Adds what one header declares."""
    header = os.path.basename(path)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r'#ifdef __cplusplus\n.*?#endif\n', "", text, flags=re.S)
    text = re.sub(r"#if defined\(__GNUC__\)\n\s+__attribute__.*?#endif\n", "", text, flags=re.S)
    doc = code = ""
    for piece in PIECE.finditer(text):
        if piece["comment"]:
            if piece["comment"].startswith("/**<") or code.strip():
                code += piece["comment"]  # belongs to a field or member
            elif "@file" in piece["comment"] or "@{" in piece["comment"] or "@}" in piece["comment"]:
                doc = ""
            else:
                doc = piece["comment"]
        elif piece["define"]:
            add_constant(api, piece["macro"], piece["value"], clean_comment(doc) if doc else "")
            doc = ""
        elif piece["other"]:
            code += piece["other"]
            while (end := end_of_declaration(code)) is not None:
                add_declaration(api, header, code[:end].strip(), clean_comment(doc) if doc else "")
                code, doc = code[end + 1:].lstrip(), ""


def end_of_declaration(code: str) -> int | None:
    """Where the first `;` outside of braces and comments is."""
    depth = 0
    for match in re.finditer(r"/\*.*?\*/|[{};]", code, re.S):
        if match[0] == ";" and depth == 0:
            return match.start()
        depth += {"{": 1, "}": -1}.get(match[0], 0)
    return None


def add_constant(api: Api, name: str, value: str, doc: str) -> None:
    """A `#define`. The ones that are no values (include guards, REPLSVC_API) are left out."""
    comment = re.search(r"/\*\*<(.*?)(\*/|$)", value)
    value = re.sub(r"/\*.*", "", value).strip()
    if re.fullmatch(r"0x[0-9a-fA-F]+u?|\d+u?", value):
        api.constants[name] = (int(value.rstrip("u"), 0), clean_comment(comment[0]) if comment else doc)
    elif re.fullmatch(r'"\w+"', value):
        api.constants[name] = (value.strip('"'), doc)


def add_declaration(api: Api, header: str, code: str, doc: str) -> None:
    """One top-level declaration."""
    plain = " ".join(re.sub(r"/\*.*?\*/", " ", code, flags=re.S).split())
    if match := re.fullmatch(r"typedef struct (\w+) (\w+)", plain):
        api.opaque.append(match[1])
        api.order.append(match[1])
    elif re.match(r"(typedef )?enum \w+ \{", plain):
        enum = parse_enum(code, doc)
        api.enums[enum.name] = enum
        api.order.append(enum)
    elif re.match(r"typedef struct \w+ \{", plain):
        struct = parse_struct(code, doc)
        struct.header = header
        api.structs[struct.name] = struct
        api.order.append(struct)
    elif match := re.fullmatch(r"typedef (.*?)\(\*(\w+)\)\((.*)\)", plain):
        function = FunctionType(match[2], parse_type(match[1], plain), *parse_parameters(match[3], plain),
                                doc=doc, header=header)
        api.function_types[function.name] = function
        api.order.append(function)
    elif match := re.fullmatch(r"REPLSVC_API (.*?)(replsvc_\w+)\((.*)\)", plain):
        function = FunctionType(match[2], parse_type(match[1], plain), *parse_parameters(match[3], plain),
                                doc=doc, header=header)
        api.functions[function.name] = function
        api.order.append(function)
    else:
        raise SystemExit(f"{header}: cannot read `{plain}`")


def split_members(body: str, separator: str) -> list[tuple[str, str]]:
    """(code, comment) of each member; a comment stands before it or, as `/**< */`, behind it."""
    found: list[tuple[str, str]] = []
    code = before = ""
    for token in re.findall(r"/\*.*?\*/|[^/,;]+|.", body, re.S):
        if token.startswith("/**<"):
            if code.strip():  # between a member and its separator
                before = token
            elif found:
                found[-1] = (found[-1][0], clean_comment(token))
        elif token.startswith("/*"):
            before = token
        elif token == separator:
            found.append((code.strip(), clean_comment(before) if before else ""))
            code = before = ""
        else:
            code += token
    if code.strip():
        found.append((code.strip(), clean_comment(before) if before else ""))
    return found


def parse_enum(code: str, doc: str) -> Enum:
    match = re.match(r"(typedef )?enum (\w+) \{(.*)\}\s*\w*$", code, re.S)
    assert match, code
    members = []
    for member, comment in split_members(match[3], ","):
        name, _, value = member.partition("=")
        members.append((name.strip(), int(value.strip(), 0), comment))
    return Enum(match[2], members, doc, bool(match[1]))


def parse_struct(code: str, doc: str) -> Struct:
    match = re.match(r"typedef struct (\w+) \{(.*)\}\s*\w+$", code, re.S)
    assert match, code
    fields = []
    for member, comment in split_members(match[2], ";"):
        names = [member]
        if "(" not in member and "," in member:
            first, *others = member.split(",")
            kind = re.match(r"(.*?)\w+$", first.strip(), re.S)
            assert kind, member
            names = [first] + [kind[1] + other.strip() for other in others]
        for name in names:
            variable = parse_variable(name, match[1])
            variable.doc = comment
            fields.append(variable)
    return Struct(match[1], fields, doc)


def read_headers(folder: str) -> Api:
    """All headers, those that others include first."""
    api = Api()
    first = ["enums.h", "cim.h", "service.h", "volume.h"]
    rest = sorted(n for n in os.listdir(folder) if n.endswith(".h") and n not in first + ["replsvc.h"])
    for name in first + rest:
        read_header(api, os.path.join(folder, name))
    return api
