# SPDX-License-Identifier: BSD-2-Clause
"""Reads Prometheus' text format (0.0.4) from standard input and is strict: names, labels with their escapes,
HELP and TYPE once and before the samples, a metric's samples together, no sample twice, counters named _total
and not negative, histograms with rising buckets, +Inf, _sum and _count. Prints what it found as
`NAME VALUE` lines of the samples whose name is given; says what is wrong and exits with 1."""
import re
import sys

METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|Inf)|NaN"
SAMPLE = re.compile(rf'({METRIC})(?:\{{({LABEL}="(?:[^"\\\n]|\\["\\n])*"(?:,{LABEL}="(?:[^"\\\n]|\\["\\n])*")*)\}})? '
                    rf"({NUMBER})")
PAIR = re.compile(rf'({LABEL})="((?:[^"\\\n]|\\["\\n])*)"')


def wrong(line, why):
    sys.exit(f"{why}: {line}")


def base_of(name, types):
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and types.get(base) == "histogram":
            return base
    return name


def check_histogram(name, samples):
    by_labels = {}
    for sample, labels, value in samples:
        rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        series = by_labels.setdefault(rest, {"buckets": []})
        if sample.endswith("_bucket"):
            series["buckets"].append((float(labels["le"].replace("+Inf", "inf")), value))
        else:
            series[sample.removeprefix(name)] = value
    for labels, series in by_labels.items():
        buckets = series["buckets"]
        if [b for b, _ in buckets] != sorted({b for b, _ in buckets}) or not buckets or buckets[-1][0] != float("inf"):
            wrong(labels, f"{name}: the buckets do not rise up to +Inf")
        if [v for _, v in buckets] != sorted(v for _, v in buckets):
            wrong(labels, f"{name}: the buckets are not cumulative")
        if "_sum" not in series or series.get("_count") != buckets[-1][1]:
            wrong(labels, f"{name}: _count is not the last bucket, or _sum is missing")


def main():
    text = sys.stdin.buffer.read().decode("utf-8")
    if not text.endswith("\n"):
        sys.exit("the last line has no end")
    types, helps, families, seen, last = {}, set(), {}, set(), None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            if name in helps or not re.fullmatch(METRIC, name) or len(line.split(" ", 3)) < 4:
                wrong(line, "a second or wrong HELP")
            helps.add(name)
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in types or name in families or kind not in ("counter", "gauge", "histogram"):
                wrong(line, "a second, late or wrong TYPE")
            if (kind == "counter") != name.endswith("_total"):
                wrong(line, "counters, and only they, end in _total")
            types[name] = kind
            continue
        match = SAMPLE.fullmatch(line)
        if not match:
            wrong(line, "not a sample")
        name, labels = match[1], dict(PAIR.findall(match[2] or ""))
        base, value = base_of(name, types), float(match[3])
        if base not in types or base not in helps:
            wrong(line, "no TYPE or HELP before it")
        if base != last and base in families:
            wrong(line, "the samples of a metric do not stand together")
        key = (name, tuple(sorted(labels.items())))
        if key in seen:
            wrong(line, "a second sample of the same series")
        if types[base] != "gauge" and value < 0:
            wrong(line, "negative")
        seen.add(key)
        last = base
        families.setdefault(base, []).append((name, labels, value))
        if name in sys.argv[1:]:
            print(name, *[f"{k}={v}" for k, v in labels.items() if k != "id"], match[3])
    for name, kind in types.items():
        if name not in families:
            sys.exit(f"{name} has no samples")
        if kind == "histogram":
            check_histogram(name, families[name])
    print(f"{len(families)} metrics, {len(seen)} samples")


main()
