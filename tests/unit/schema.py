# SPDX-License-Identifier: BSD-2-Clause
"""The public headers against the tables of the CIM schema: every value of every enum, and every method's
parameters, their order, types and directions. Skips where the tables are not beside the source tree."""
import csv
import os
import re
import sys

SOURCE = os.environ["REPLSVC_SOURCE_DIR"]
failures = []


def table(name):
    for folder in (os.environ.get("REPLSVC_SPEC", ""), f"{SOURCE}/../shared", f"{SOURCE}/../../shared"):
        path = os.path.join(folder, "cim", name)
        if folder and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    print(f"cim/{name} is not here: nothing to compare with")
    sys.exit(77)


def header(name):
    with open(f"{SOURCE}/include/replsvc/{name}", encoding="utf-8") as f:
        return f.read()


def fail(text):
    failures.append(text)


def constant(name):
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def check_enums():
    """Each enum says in its comment which property or parameter it has the values of."""
    want = {}
    for cls, feature, parameter, value, name in table("values.tsv"):
        key = ".".join(x for x in (cls, feature, parameter) if x)
        if ".." not in value and name not in ("DMTF Reserved", "Vendor Specific"):
            want.setdefault(key, {})[int(value, 0)] = constant(name)
    found = 0
    text = re.sub(r"\n \* ", " ", header("enums.h"))
    for key, tag, body in re.findall(r"/\*\* Values of ([\w.]+?)\.\s*\*/\s*enum (\w+) \{(.*?)\};", text, re.S):
        got = {int(v, 0): n for n, v in re.findall(r"(REPLSVC_\w+) = (\w+)", body)}
        prefix = tag.upper() + "_"
        if key not in want:
            fail(f"enum {tag}: the schema has no {key}")
            continue
        found += len(got)
        for value, name in want[key].items():
            if got.get(value) != prefix + name:
                fail(f"enum {tag}: {value} is {prefix + name} in the schema, {got.get(value)} here")
        for value, name in got.items():
            if value not in want[key]:
                fail(f"enum {tag}: {name} = {value} is not in the schema")
    for tag in re.findall(r"^enum (\w+)", text, re.M):
        if not re.search(rf"Values of [\w.]+\.\s*\*/\s*enum {tag} ", text):
            fail(f"enum {tag} does not say what it has the values of")
    print(f"{found} values compared")


def check_return_codes():
    text = header("cim.h")
    for name, value, label in (("OK", 0, None), ("NOT_SUPPORTED", 1, "Not Supported"), ("UNKNOWN", 2, "Unknown|Unspecified Error"),
                               ("TIMEOUT", 3, "Timeout"), ("FAILED", 4, "Failed"),
                               ("INVALID_PARAMETER", 5, "Invalid Parameter"), ("IN_USE", 6, "In Use"),
                               ("JOB_STARTED", 4096, "Method Parameters Checked - Job Started")):
        if not re.search(rf"REPLSVC_{name} = {value},", text):
            fail(f"REPLSVC_{name} is not {value}")
        for cls, method, parameter, number, meaning in table("values.tsv"):
            if cls == "CIM_ReplicationService" and parameter == "return" and number == str(value) and label:
                if not re.fullmatch(label, meaning, re.I):
                    fail(f"{method}: {value} is {meaning} in the schema, REPLSVC_{name} here")


def snake(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


REFERENCES = {
    "CIM_LogicalElement": "element", "CIM_ManagedElement": "element", "CIM_ServiceAccessPoint": "access_point",
    "CIM_ReplicationGroup": "group", "CIM_ConcreteJob": "job", "CIM_Synchronized": "sync",
    "CIM_SettingData": "setting", "CIM_ResourcePool": "pool", "CIM_ConnectivityCollection": "collection",
    "CIM_Collection": "collection", "CIM_SettingsDefineState": "settings_state", "CIM_ComputerSystem": "system",
    "CIM_ReplicationEntity": "entity", "CIM_SharedSecret": "secret", "CIM_SynchronizationAspect": "aspect",
}
SCALARS = {"uint16": "uint16_t", "uint64": "uint64_t", "datetime": "int64_t", "boolean": "bool"}


def c_forms(cim_type, direction):
    """The C declarations that a parameter of that type and direction may have; @ stands for the name."""
    array = cim_type.endswith("[]")
    base = cim_type.removesuffix("[]")
    out = "out" in direction
    if base.endswith(" REF"):
        t = f"replsvc_{REFERENCES[base.removesuffix(' REF')]}_ref"
        if array:
            return {f"{t} **@", f"{t} @[]"} if out else {f"const {t} @[]"}
        return {f"{t} *@"} if out else {f"const {t} *@"}
    if base == "string":
        if array:
            return {"char ***@"} if out else {"const char *const @[]"}
        return {"char **@", "replsvc_name *@"} if out else {"const char *@"}
    t = SCALARS[base]
    if array:
        return {f"{t} **@"}
    if out:
        return {f"{t} *@"}
    return {"replsvc_opt_bool @"} if t == "bool" else {f"{t} @"}


def prototypes():
    """name → ([declarations], the comment before it), the service left out."""
    found = {}
    for name in ("methods.h", "capabilities.h"):
        for comment, function, parameters in re.findall(
                r"/\*\*((?:(?!\*/).)*)\*/\s*REPLSVC_API uint32_t (replsvc_\w+)\(([^;]*)\);", header(name), re.S):
            declarations = [re.sub(r"\s+", " ", p.strip()) for p in parameters.split(",")]
            if declarations[0] != "replsvc_service *service":
                fail(f"{function}: the service is not the first parameter")
            found[function] = (declarations[1:], comment)
    return found


def check_methods():
    methods = {}
    for cls, method, _, parameter, cim_type, direction, *_ in table("methods.tsv"):
        if cls in ("CIM_ReplicationService", "CIM_ReplicationServiceCapabilities"):
            methods.setdefault((cls, method), []).append((parameter, cim_type, direction))
    functions = prototypes()
    for (cls, method), parameters in methods.items():
        name = "replsvc_" + snake(method)
        # The Microsoft iSCSI target's class has fewer parameters than the schema's last version; our
        # function has exactly these, and a second one with the suffix _ex has all.
        microsoft = {"CreateGroup": 8, "CreateGroupReplica": 16}.get(method)
        if microsoft:
            check_method(functions, cls, method, name, parameters[:microsoft])
            check_method(functions, cls, method, name + "_ex", parameters)
        else:
            check_method(functions, cls, method, name, parameters)
    print(f"{len(methods)} methods compared")


def check_method(functions, cls, method, name, parameters):
    if name not in functions:
        fail(f"{cls}.{method}: there is no {name}")
        return
    declarations, comment = functions[name]
    if f"Mirrors {cls}.{method}." not in re.sub(r"\s*\n \*\s*", " ", comment):
        fail(f"{name}: its comment does not say that it mirrors {cls}.{method}")
    rest = list(declarations)
    for parameter, cim_type, direction in parameters:
        c_name = snake(parameter)
        got = rest.pop(0) if rest else "nothing"
        if got not in {form.replace("@", c_name) for form in c_forms(cim_type, direction)}:
            fail(f"{name}: `{got}` stands where {parameter} ({cim_type}, {direction}) should")
        documented = re.search(rf"@param\[([a-z,]+)\] {c_name}\b", comment)
        if not documented:
            fail(f"{name}: {c_name} is not documented")
        elif (documented[1] == "in") != (direction == "in") and "*" in got:
            fail(f"{name}: {c_name} is documented as [{documented[1]}], the schema has {direction}")
        if cim_type.endswith("[]"):
            got = rest.pop(0) if rest else "nothing"
            if got not in (f"size_t n_{c_name}", f"size_t *n_{c_name}"):
                fail(f"{name}: `{got}` stands where the length of {parameter} should")
    if rest:
        fail(f"{name}: the schema does not have {rest}")


def check_properties():
    """Every property of the classes that a client reads is a field of a struct, or doc/cim_page.py says why
    it is not (the page's own check is that the fields are there)."""
    sys.path.insert(0, f"{SOURCE}/doc")
    sys.dont_write_bytecode = True
    import cim_page
    told = {}
    for cls, _, properties in cim_page.PROPERTIES:
        told.setdefault(cls, {}).update(properties)
    wanted = [(cls, name) for cls, name, *_ in table("properties.tsv")]
    for cls, name in wanted:
        if name not in told.get(cls, {}):
            fail(f"{cls}.{name} is neither told nor said to be absent in doc/cim_page.py")
    for cls, properties in told.items():
        for name in properties:
            if (cls, name) not in wanted:
                fail(f"{cls}.{name}: doc/cim_page.py tells of a property that the schema's table does not have")
    list(cim_page.property_lines())
    print(f"{len(wanted)} properties found")


check_enums()
check_return_codes()
check_methods()
check_properties()
for line in failures:
    print(line)
sys.exit(1 if failures else 0)
