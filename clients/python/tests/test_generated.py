# SPDX-License-Identifier: BSD-2-Clause
"""What is written from the C headers is what they say: for the generator, the library that was built, a C
compiler, and cffi."""
import ctypes
import os
import re
import shutil
import subprocess
import sys

from support import PACKAGE, SOURCE, Case, main

import replsvc
from replsvc import abi, enums

INCLUDE = os.path.join(SOURCE, "include")


def headers() -> str:
    folder = os.path.join(INCLUDE, "replsvc")
    text = ""
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            text += f.read()
    return text


class Generated(Case):
    def test_the_generated_files_are_what_the_headers_say(self) -> None:
        done = subprocess.run([sys.executable, os.path.join(PACKAGE, "generate.py"), "--check"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_value_of_the_enums_header_is_an_enum_member(self) -> None:
        with open(os.path.join(INCLUDE, "replsvc", "enums.h"), encoding="utf-8") as f:
            text = f.read()
        found = 0
        for tag, body in re.findall(r"^enum replsvc_(\w+) \{(.*?)\};", text, re.S | re.M):
            enum = getattr(enums, "".join(w.capitalize() for w in tag.split("_")))
            for name, value in re.findall(rf"REPLSVC_{tag.upper()}_(\w+) = (\w+)", body):
                member = enum["_" + name if name[0].isdigit() else name]
                self.assertEqual(int(member), int(value, 0), f"{tag} {name}")
                found += 1
            self.assertEqual(len(enum.__members__), len(re.findall(r"= \w+", body)), tag)
        self.assertGreater(found, 300)

    def test_every_exported_function_is_declared(self) -> None:
        declared = set(re.findall(r"REPLSVC_API [^;(]*?\b(replsvc_\w+)\(", headers()))
        self.assertEqual(set(abi.FUNCTIONS), declared)
        if not shutil.which("nm"):
            self.skipTest("nm is not installed: the library's own list was not looked at")
        listed = subprocess.run(["nm", "-D", "--defined-only", os.environ["REPLSVC_LIBRARY"]], check=True,
                                capture_output=True, text=True).stdout
        exported = {n.split("@")[0] for n in re.findall(r" T (replsvc_\S+)", listed)}
        self.assertEqual(exported - set(abi.FUNCTIONS), set())
        self.assertEqual(set(abi.FUNCTIONS) - exported, set())
        for name in abi.FUNCTIONS:
            self.assertTrue(callable(getattr(replsvc.lib, name)))

    def test_every_function_has_a_python_form(self) -> None:
        used = ""
        for name in os.listdir(os.path.join(PACKAGE, "replsvc")):
            if name.endswith(".py") and name != "abi.py":
                with open(os.path.join(PACKAGE, "replsvc", name), encoding="utf-8") as f:
                    used += f.read()
        # Of the backend's side only what a user of backends calls: a backend in Python goes by replsvc.lib.
        bare = {"replsvc_backend_register", "replsvc_backend_find", "replsvc_backend_set_error"}
        missing = [n for n in abi.FUNCTIONS if not re.search(rf"\b{n}\b", used) and n not in bare]
        self.assertEqual(missing, [])

    def test_structs_have_the_layout_that_a_c_compiler_gives_them(self) -> None:
        compiler = os.environ.get("REPLSVC_CC") or shutil.which("cc")
        if not compiler or not shutil.which(compiler):
            self.skipTest("no C compiler is installed")
        lines = ["#include <stddef.h>", "#include <replsvc/replsvc.h>"]
        structs = [(n, s) for n, s in vars(abi).items() if n.startswith("replsvc_") and isinstance(s, type)
                   and issubclass(s, ctypes.Structure)]
        self.assertGreater(len(structs), 40)
        for name, struct in structs:
            lines.append(f'_Static_assert(sizeof({name}) == {ctypes.sizeof(struct)}, "{name}");')
            for field, *_ in struct._fields_:
                place = getattr(struct, field)
                lines.append(f'_Static_assert(offsetof({name}, {field}) == {place.offset}, "{name}.{field}");')
                lines.append(f'_Static_assert(sizeof((({name} *)0)->{field}) == {place.size}, "{name}.{field}");')
        with open(self.path("layout.c"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        done = subprocess.run([compiler, "-fsyntax-only", "-I", INCLUDE, f.name], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_cffi_or_a_c_compiler_takes_the_cffi_declarations(self) -> None:
        with open(replsvc.cdef_path, encoding="utf-8") as f:
            text = f.read()
        try:
            import cffi
        except ImportError:
            cffi = None
        if cffi is not None:
            ffi = cffi.FFI()
            ffi.cdef(text)
            library = ffi.dlopen(os.environ["REPLSVC_LIBRARY"])
            self.assertEqual(ffi.string(library.replsvc_version_string()).decode(), replsvc.version_string())
        compiler = os.environ.get("REPLSVC_CC") or shutil.which("cc")
        if not compiler or not shutil.which(compiler):
            if cffi is None:
                self.skipTest("neither cffi nor a C compiler is installed")
            return
        # Every function as it is declared there must be the one of the headers.
        functions = [line for line in text.splitlines() if re.match(r"(?!typedef|struct|#|//).*\);$", line)]
        self.assertEqual(len(functions), len(abi.FUNCTIONS))
        source = "#include <stdint.h>\n#include <stddef.h>\n#include <stdbool.h>\n"
        for name, c in (("alone.c", source + text),
                        ("same.c", "#include <replsvc/replsvc.h>\n" + "\n".join(
                            re.sub(r"\b(replsvc_(?:encoding))\b(?= \w)", r"enum \1", f) for f in functions) + "\n")):
            with open(self.path(name), "w", encoding="utf-8") as f:
                f.write(c)
            done = subprocess.run([compiler, "-std=c11", "-Wall", "-Wno-attributes", "-Werror", "-fsyntax-only",
                                   "-I", INCLUDE, f.name], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main()
