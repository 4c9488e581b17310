#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the library's man pages of section 3 from the public headers: one page for each family of functions,
with the functions' and structs' comments, an example, and a link to it for each function. `man_pages.py FOLDER`
writes them there; it fails if a public function is in no family, so that none is forgotten, and if an example is
no longer there."""
import os
import re
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, "..", "include", "replsvc")
HEADERS = ("service.h", "methods.h", "capabilities.h", "volume.h", "jobs.h", "events.h", "statistics.h",
           "control.h", "copy.h", "vhdx.h", "backend.h", "cim.h")

# Page, what it is about, its prose, and the functions (a pattern) that are on it; the first that fits counts.
FAMILIES = [
    ("replsvc-service", "open and close a replication service; versions, errors, memory", """
A service is what a state directory holds, opened by one process at a time. Whoever has it open is the
service; there is no daemon. What the library gives out is freed by replsvc_free(). When a function fails,
replsvc_last_error() tells the calling thread why.""",
     r"service_open|service_close|service_set_limit|free|last_error|strerror|version\w*|features"),
    ("replsvc-control", "manage a service from other processes", """
A process that has a service open can let others manage it by a socket. A handle of
replsvc_service_connect() is used as one of replsvc_service_open(), but for volumes.""",
     r"service_listen|service_unlisten|service_connect"),
    ("replsvc-statistics", "counters of a replication service", None, r"\w+_get_statistics"),
    ("replsvc-access-points", "other systems: access points, secrets, collections of paths, entities", """
Where other systems are reached, as configuration: nothing is connected to by these functions. Secrets are kept
in the state directory, which only its owner can read; no function gives them out and no message holds
them.""",
     r"\w*access_point\w*|system_get_info|get_peer_systems|add_shared_secret|\w*collection\w*|\w*entity\w*"),
    ("replsvc-elements", "elements and pools: the disk images and devices that are replicated", """
An element is an image or a device, named by a locator such as file:/srv/a.img. A pool is a place where the
service makes elements of its own, for instance as targets of replicas.""",
     r"element_\w+|pool_\w+|get_available_target_elements|locator_\w+|setting_\w+"),
    ("replsvc-settings", "the settings of replicas", """
Methods take CIM_ReplicationSettingData as an embedded instance in a string, in MOF or CIM-XML. These functions
write and read such strings.""", r"replication_settings_\w+|get_default_replication_setting_data"),
    ("replsvc-groups", "groups of elements", """
The members of a group are replicated together, at one instant where consistency is asked for. Their order is
kept.""", r"create_group(_ex)?|delete_group|add_members|remove_members|group_\w+"),
    ("replsvc-aspects", "points in time whose targets come later", """
A synchronization aspect holds a point in time of an element or group; replsvc_modify_settings_define_state()
copies it to targets afterwards.""", r"\w*aspects?\w*|\w*settings_define_state|settings_state_get_info"),
    ("replsvc-replicas", "create clones, snapshots and mirrors", """
The sync type says what a replica is: a mirror is kept up to date, a clone is a complete copy of a point in
time, a snapshot shares what has not changed since. All three are usable as replsvc-operations(3) says.""",
     r"create_\w*replica\w*|add_elements_to_group_synchronized|confirm_target_data"),
    ("replsvc-operations", "look at relationships and change them", """
A relationship ties a source to its target. Its copy state says which operations are legal now;
replsvc_modify_replica_synchronization() does them.""",
     r"modify_\w+|sync_\w+|get_replication_relationship\w*"),
    ("replsvc-jobs", "work that goes on in the background", """
A method that answers 4096 gives a reference to a job. Jobs survive a restart: one that was cut off goes on when the
service is opened again.""", r"job_\w+"),
    ("replsvc-events", "indications of what happens to objects", None, r"event_\w+"),
    ("replsvc-volumes", "host I/O to elements", """
Hosts read and write elements through volumes and nowhere else: that is how replicas know of every write. What was
acknowledged survives the end of the process, what was flushed survives a power cut.""", r"volume_\w+"),
    ("replsvc-queues", "asynchronous host I/O", """
For event-driven programs: requests are submitted, many at once, and completions reaped; a descriptor is readable
while some wait. Requests that overlap take effect in the order of submission.""", r"io_\w+"),
    ("replsvc-copy", "copy images without a service", None, r"copy"),
    ("replsvc-vhdx", "look at VHDX images, check, repair and merge them", None, r"vhdx_\w+"),
    ("replsvc-backends", "write and load backends for other media", None, r"backend_\w+"),
    ("replsvc-capabilities", "what the service can do", """
The methods of CIM_ReplicationServiceCapabilities. What they promise is served, and what they do not promise
answers Not Supported: a test of the library tries every claim.""",
     r"\w*supported\w*|is_\w+|get_\w+|convert_\w+"),
]
# Structs that are shown with a family although no function of it takes them.
EXTRA = {"replsvc-service": ["replsvc_error"], "replsvc-statistics": ["replsvc_histogram"],
         "replsvc-copy": ["replsvc_copy_options", "replsvc_copy_statistics"]}
# The functions of doc/examples, which are compiled and run by the tests, that are shown on a page.
EXAMPLES = {
    "replsvc-service": ("first_replica.c", "check", "Say what failed and why."),
    "replsvc-control": ("agent.c", "agent", "Take a snapshot of each element of a service that another process has."),
    "replsvc-statistics": ("appliance.c", "show_statistics", "Print what hosts have done to an element."),
    "replsvc-elements": ("volume_life.c", "archive", "Make a replica in a pool as a goal says: a VHDX image."),
    "replsvc-settings": ("client_day.c", "choose_settings", "Take the default settings and change one."),
    "replsvc-groups": ("group_snapshot.c", "take_snapshot",
                       "Take a snapshot of a group at one instant, and list its members."),
    "replsvc-replicas": ("agent.c", "take_snapshot", "Take a snapshot of an element where the service likes."),
    "replsvc-operations": ("volume_life.c", "operate", "Do an operation if it is legal now, and look at where it led."),
    "replsvc-jobs": ("client_day.c", "poll_job", "Poll a job."),
    "replsvc-events": ("appliance.c", "on_events", "Take what has come when the descriptor is readable."),
    "replsvc-volumes": ("volume_life.c", "write_text", "Write the first sector of an element."),
    "replsvc-queues": ("appliance.c", "on_completions", "Reap what has ended when the descriptor is readable."),
    "replsvc-backends": ("load_backend.c", "main", "Load a backend and copy to its medium."),
    "replsvc-capabilities": ("client_day.c", "choose_type", "Ask whether local clones are served."),
}


def headers():
    for name in HEADERS:
        with open(os.path.join(INCLUDE, name), encoding="utf-8") as f:
            yield name, f.read()


def plain(comment):
    """A comment without its stars."""
    return re.sub(r"\n[ \t]*\*[ \t]?", "\n", comment).strip()


def functions():
    """name → (header, result, [parameters], comment), in the order of the headers."""
    found = {}
    for header, text in headers():
        for comment, result, name, parameters in re.findall(
                r"/\*\*((?:(?!\*/).)*)\*/\s*REPLSVC_API ([\w ]+?[ *]+)(replsvc_\w+)\(([^;]*?)\)"
                r"(?:\s*__attribute__[^;]*)?;", text, re.S):
            parts = [re.sub(r"\s+", " ", p.strip()) for p in parameters.split(",")]
            found[name] = (header, result.strip(), parts, plain(comment))
        declared = re.findall(r"REPLSVC_API [^;(]*?\b(replsvc_\w+)\(", text)
        missing = set(declared) - set(found)
        if missing:
            sys.exit(f"{header}: no comment before {', '.join(sorted(missing))}")
    return found


def structs():
    """name → its definition as text."""
    found = {}
    for _, text in headers():
        for body, name in re.findall(r"^(typedef struct \w+ \{.*?^\} (\w+);)", text, re.S | re.M):
            found[name] = body
    return found


def roff(text):
    """One line of text."""
    text = text.replace("\\", "\\e").replace("\u2026", "...")
    return "\\&" + text if text[:1] in (".", "'") else text


def marked(text):
    """A sentence as roff lines, with the functions in it marked up."""
    if " poll()" in text:
        before, after = text.split(" poll()", 1)
        yield from marked(before)
        yield ".Xr poll 2"
        text = after.strip()
    at = 0
    for m in re.finditer(r"(\()?\b(replsvc_\w+)\(\)(\)?[,.;:]?\)?)(?=\s|$)", text):
        before = text[at:m.start()].strip()
        if before:
            yield from textwrap.wrap(before, 76, break_long_words=False, break_on_hyphens=False)
        closing = " ".join(m[3])
        yield f".Fn {m[2]}{' ' + closing if closing else ''}" if not m[1] else f".Pf ( Fn {m[2]} {closing}".rstrip()
        at = m.end()
    yield from textwrap.wrap(text[at:].strip(), 76, break_long_words=False, break_on_hyphens=False)


def lines(text):
    """A paragraph as roff lines, each sentence on its own as mdoc likes it."""
    text = re.sub(r"`([^`]*)`", r"\1", " ".join(text.split()))
    for sentence in re.split(r"(?<=[A-Za-z0-9)\]\"][.?:;]) (?=[A-Z\[(])", text):
        for line in marked(sentence):
            yield line if line.startswith((".Fn ", ".Pf ", ".Xr ")) else roff(line)


def split_comment(comment):
    """(prose, [(tag, name, text)])"""
    parts = re.split(r"(?:^|\n)@(param(?:\[[a-z,]+\])?|retval|return|note)(?=\s)", comment)
    prose, tags = parts[0].strip(), []
    for tag, text in zip(parts[1::2], parts[2::2]):
        name = ""
        if tag.startswith("param") or tag == "retval":
            name, _, text = text.strip().partition(" ")
        tags.append((tag, name, text.strip()))
    return prose, tags


def tagged(title, entries):
    if not entries:
        return
    if title:
        yield ".Pp"
        yield title
    yield ".Bl -tag -width Ds -compact"
    for name, text in entries:
        yield f".It {name}"
        yield from lines(text or "-")
    yield ".El"


def function_lines(name, parameters, comment):
    prose, tags = split_comment(comment)
    yield f".Ss {name}"
    for i, paragraph in enumerate(p for p in prose.split("\n\n") if p.strip()):
        if i:
            yield ".Pp"
        yield from lines(paragraph)
    for tag, _, text in tags:
        if tag == "note":
            yield ".Pp"
            yield from lines(text)
    entries = []
    for tag, parameter, text in tags:
        if tag.startswith("param"):
            direction = tag[6:-1] if "[" in tag else "in"
            entries.append((f"Fa {parameter} Pq {direction.replace(',', ' and ')}", text))
    yield from tagged("Parameters:", entries)
    results = [(f"Li {number}", text) for tag, number, text in tags if tag == "retval"]
    yield from tagged("It returns:", results)
    for tag, _, text in tags:
        if tag == "return":
            yield ".Pp"
            yield from lines("It returns " + text + ("" if text.endswith(".") else "."))


def synopsis(names, found):
    seen = []
    for name in names:
        header, result, parameters, _ = found[name]
        if header not in seen:
            seen.append(header)
            yield f".In replsvc/{header}"
        yield f".Ft {result}"
        yield f".Fo {name}"
        for p in parameters:
            yield f'.Fa "{p}"'
        yield ".Fc"


def page(title, about, prose, names, found, known):
    yield '.\\" SPDX-License-Identifier: BSD-2-Clause'
    yield '.\\" Written by doc/man_pages.py from the headers.'
    yield ".Dd November 25, 2026"
    yield f".Dt {title.upper()} 3"
    yield ".Os"
    yield ".Sh NAME"
    for i, name in enumerate(names):
        yield f".Nm {name}" + (" ," if i + 1 < len(names) else "")
    yield f".Nd {about}"
    yield ".Sh LIBRARY"
    yield "Compile and link with what"
    yield ".Ql pkg-config --cflags --libs replsvc"
    yield "says."
    yield ".Sh SYNOPSIS"
    yield from synopsis(names, found)
    yield ".Sh DESCRIPTION"
    if prose is None:
        header = found[names[0]][0]
        with open(os.path.join(INCLUDE, header), encoding="utf-8") as f:
            prose = plain(re.search(r"/\*\*((?:(?!\*/).)*@file.*?)\*/", f.read(), re.S)[1])
        prose = re.sub(r"@file \S+\s*", "", prose)
    for i, paragraph in enumerate(p for p in prose.strip().split("\n\n")):
        if i:
            yield ".Pp"
        yield from lines(paragraph)
    for name in names:
        yield from function_lines(name, *found[name][2:])
    used = {s for name in names for p in found[name][2] for s in re.findall(r"\b(replsvc_\w+)\b", p) if s in known}
    used = {s for s in used if not s.endswith("_ref")} | set(EXTRA.get(title, ()))
    used = sorted(s for s in used if s in known)
    if used:
        yield ".Sh STRUCTS"
        yield "Structs that begin with"
        yield ".Va size"
        yield "are told it by the caller, and grow at their end only."
        yield ".Bd -literal"
        for name in used:
            for line in known[name].split("\n"):
                yield roff(line.expandtabs(8).replace("/**<", "/*").replace("/**", "/*")) if line.strip() else ""
            if name != used[-1]:
                yield ""
        yield ".Ed"
    yield from example(title)
    yield ".Sh SEE ALSO"
    others = sorted(f for f in [t for t, *_ in FAMILIES] + ["libreplsvc"] if f != title)
    for i, other in enumerate(others):
        yield f".Xr {other} 3" + (" ," if i + 1 < len(others) else "")


def example(title):
    if title not in EXAMPLES:
        return
    name, function, about = EXAMPLES[title]
    with open(os.path.join(HERE, "examples", name), encoding="utf-8") as f:
        code = re.search(rf"^(?:static )?[\w *]+?\b{function}\([^;{{]*\)\n{{\n.*?^}}\n", f.read(), re.S | re.M)
    if not code:
        sys.exit(f"doc/examples/{name} has no function {function}() for the page {title}")
    yield ".Sh EXAMPLES"
    yield about
    yield "It is a part of"
    yield f".Pa doc/examples/{name} ,"
    yield "a complete program."
    yield ".Bd -literal"
    for line in code[0].rstrip().split("\n"):
        yield roff(line) if line.strip() else ""
    yield ".Ed"


def pages():
    """File name → text."""
    found, known = functions(), structs()
    families = {title: [] for title, *_ in FAMILIES}
    for name in found:
        for title, _, _, pattern in FAMILIES:
            if re.fullmatch(f"replsvc_(?:{pattern})", name):
                families[title].append(name)
                break
        else:
            sys.exit(f"{name} is in no family of doc/man_pages.py")
    for title, about, prose, _ in FAMILIES:
        names = families[title]
        if not names:
            sys.exit(f"no function is on the page {title} of doc/man_pages.py")
        yield f"{title}.3", "\n".join(page(title, about, prose, names, found, known)) + "\n"
        for name in names:
            yield f"{name}.3", f".so man3/{title}.3\n"
    yield "replsvc.3", ".so man3/libreplsvc.3\n"


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, text in pages():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main()
