# SPDX-License-Identifier: BSD-2-Clause
"""Draws what bench/run saved, by gnuplot, as SVG: the ratios to the best peer with their goals, and the curves
of growth. Not a workload.

  bench/plot.py RESULTS.json DIRECTORY"""
import json
import os
import shutil
import subprocess
import sys


def quoted(text):
    return '"' + text.replace("\\", "").replace('"', "'") + '"'


def gnuplot(script):
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def ratios(rows, path):
    """A bar for each case of ours that was compared, the goal as a mark; on a scale of doublings."""
    rows = [r for r in rows if r["ours"] and r["who"] == "ours" and r.get("ratio")]
    if not rows:
        return False
    data = "\n".join(f"{i} {r['ratio']:.4f} {r.get('goal') or 'NaN'} {quoted(r['workload'] + ': ' + r['case'])}"
                     for i, r in enumerate(reversed(rows)))
    gnuplot(f"""set terminal svg noenhanced size 1100,{80 + 18 * len(rows)} background rgb 'white' font 'sans,11'
set output {quoted(path)}
set title 'Ours against the best peer: right of the line is faster; the mark is the goal'
set logscale x 2
set xrange [0.125:32]
set yrange [-1:{len(rows)}]
set lmargin 62
set grid x
set arrow from 1,graph 0 to 1,graph 1 nohead lw 2 lc rgb '#444444'
set key off
$d << EOD
{data}
EOD
c(x) = x < 0.125 ? 0.125 : x > 32 ? 32 : x
plot $d using (1):1:(c($2) < 1 ? c($2) : 1):(c($2) < 1 ? 1 : c($2)):($1-0.35):($1+0.35):yticlabel(4) \\
        with boxxyerror fill solid 0.6 lc rgb '#4477aa', \\
     $d using 3:1 with points pt 2 ps 0.8 lw 2 lc rgb '#cc3311'
""")
    return True


def curves(rows, path):
    names = list(dict.fromkeys(r["curve"] for r in rows if r.get("curve")))
    if not names:
        return False
    lines = (len(names) + 1) // 2
    script = f"""set terminal svg noenhanced size 1100,{330 * lines} background rgb 'white' font 'sans,11'
set output {quoted(path)}
set multiplot layout {lines},2
set logscale x 2
set grid
set key off
"""
    for n in names:
        of = [r for r in rows if r.get("curve") == n]
        data = "\n".join(f"{r['x']} {r['median']:.6g} {min(r['values']):.6g} {max(r['values']):.6g}" for r in of)
        script += f"""set title {quoted(n)}
set xlabel {quoted(of[0]['x_unit'])}
set ylabel {quoted(of[0]['unit'])}
set yrange [0:*]
$d << EOD
{data}
EOD
plot $d using 1:2:3:4 with yerrorlines pt 7 lw 2 lc rgb '#4477aa'
"""
    gnuplot(script)
    return True


def draw(results, directory):
    """Returns the files it made; none without gnuplot."""
    if not shutil.which("gnuplot"):
        return []
    os.makedirs(directory, exist_ok=True)
    made = []
    for name, how in (("ratios", ratios), ("growth", curves)):
        path = os.path.join(directory, name + ".svg")
        if how(results["rows"], path):
            made.append(path)
    return made


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        print("\n".join(draw(json.load(file), sys.argv[2])) or "gnuplot is not installed, or there is nothing to draw")
