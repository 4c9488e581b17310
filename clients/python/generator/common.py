# SPDX-License-Identifier: BSD-2-Clause
"""What all writers need: names, comments, and how C's names become Python's."""
from __future__ import annotations

import re
import textwrap

from .headers import Api, Enum, Variable

NOTICE = '''# SPDX-License-Identifier: BSD-2-Clause
# Written by clients/python/generate.py from include/replsvc/*.h: do not edit.
'''

# What the bits of `flags` are called: prefix of the constants, Python's class. The longest prefix wins.
FLAGS = {
    "REPLSVC_SERVICE_": ("ServiceFlags", "How to open a service."),
    "REPLSVC_ELEMENT_": ("ElementFlags", "How an element is to be used."),
    "REPLSVC_LIBRARY_": ("Features", "What a build of the library has."),
    "REPLSVC_VOLUME_": ("VolumeFlags", "How to open a volume."),
    "REPLSVC_IO_": ("IOFlags", "How a request of host I/O is to be done."),
    "REPLSVC_EXTENT_": ("ExtentFlags", "What a run of bytes of a volume is."),
    "REPLSVC_COPY_": ("CopyFlags", "How to copy an image."),
    "REPLSVC_VHDX_CHECK_": ("VhdxCheckFlags", "How to check a VHDX image."),
    "REPLSVC_BACKEND_CAP_": ("BackendCapabilities", "What a backend can do."),
    "REPLSVC_BACKEND_": ("BackendFlags", "How a backend is to open an image."),
}


def camel(name: str) -> str:
    """replsvc_sync_info → SyncInfo."""
    return "".join("IO" if w == "io" else w.capitalize() for w in name.removeprefix("replsvc_").split("_"))


def member_prefix(enum: Enum) -> str:
    """What the names of an enum's members have in common, up to an underscore."""
    names = [m[0] for m in enum.members]
    prefix = enum.name.upper() + "_"
    if all(n.startswith(prefix) for n in names):
        return prefix
    prefix = names[0]
    while not all(n.startswith(prefix) for n in names):
        prefix = prefix[:-1]
    return prefix[: prefix.rindex("_") + 1]


def python_words(text: str) -> str:
    """A comment's words as a Python user reads them."""
    text = re.sub(r"\breplsvc_(\w+)\(\)", r"\1()", text)
    text = re.sub(r"::(REPLSVC_\w+)", r"\1", text)
    text = re.sub(r"\benum replsvc_(\w+)", lambda m: camel(m[1]), text)
    text = re.sub(r"\bNULL\b", "None", text)
    return text.replace("\\", "\\\\").replace('"""', "'''")


def docstring(text: str, indent: str, width: int = 110) -> str:
    """A docstring of paragraphs, wrapped."""
    text = text.strip()
    if text.endswith('"') or text.startswith('"'):
        text = f" {text} "
    if len(text) + len(indent) + 6 <= width and "\n" not in text:
        return f'{indent}"""{text}"""\n'
    paragraphs = [textwrap.fill(" ".join(p.split()), width, initial_indent=indent, subsequent_indent=indent)
                  if not p.startswith(":") else fields(p, indent, width) for p in text.split("\n\n")]
    return f'{indent}"""{paragraphs[0].strip()}\n' + "".join(f"\n{p}\n" for p in paragraphs[1:]) + f'{indent}"""\n'


def fields(paragraph: str, indent: str, width: int) -> str:
    """`:param x: …` lines, each wrapped for itself."""
    return "\n".join(textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent + "    ")
                     for line in paragraph.split("\n"))


def enum_tag(api: Api, variable: Variable) -> str | None:
    """Of which enum an integer has the values: as its comment says, else by its name."""
    if variable.type.base in api.enums and variable.type.base != "replsvc_opt_bool":
        return variable.type.base
    if variable.type.base not in ("uint16_t", "uint32_t") or variable.array is not None:
        return None
    if match := re.search(r"\benum (replsvc_\w+)", variable.doc):
        return match[1]
    parts = variable.name.split("_")
    for start in range(len(parts)):
        tag = "replsvc_" + "_".join(parts[start:])
        if tag in api.enums and variable.type.base == "uint16_t" and (start == 0 or len(parts) - start > 1):
            return tag
    return None


def flags_class(variable: Variable) -> str | None:
    """Which flags an integer has, as its comment says."""
    if variable.type.base not in ("uint32_t", "uint64_t") or variable.type.pointers:
        return None
    for name in re.findall(r"\bREPLSVC_\w+\*?", variable.doc):
        for prefix in sorted(FLAGS, key=len, reverse=True):
            if name.rstrip("*").startswith(prefix):
                return FLAGS[prefix][0]
    return None
