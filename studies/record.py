"""Runs every study and keeps what was measured: studies/results.json, of which docs/studies.md is written.

usage: record.py PATH/TO/cajal quick|full [SLUG ...]     quick: seeds 0, 1, 2; full: seed 0
       record.py PATH/TO/cajal page                      docs/studies.md from studies/results.json alone
"""
import json, pathlib, statistics, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, PAGE = ROOT / "studies/results.json", ROOT / "docs/studies.md"


def ask(cajal, *words):
    return json.loads(subprocess.run([cajal, "study", *words, "--json"], check=True, capture_output=True).stdout)


def run(cajal, slug, level, seed):
    """The last JSON line of a run; None where data are missing or the run broke off."""
    out = ROOT / "runs/studies" / f"{slug}-{level}-{seed}"
    done = subprocess.run([cajal, "study", "run", slug, f"--{level}", "--seed", str(seed), "--json", "-q",
                           "--out", str(out)], capture_output=True, text=True)
    last = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    if last.get("event") == "done":
        return last
    print(f"{slug} {level} seed {seed}: exit {done.returncode}: {done.stderr.strip()}", file=sys.stderr)
    return None


def merged(runs):
    """Of each check, over the seeds: mean and spread (standard deviation), and whether all passed."""
    checks = []
    for same in zip(*(r["checks"] for r in runs)):
        first, figures = same[0], [c["measured"] for c in same if c["measured"] is not None]
        mean = statistics.fmean(figures) if figures else None
        spread = statistics.stdev(figures) if len(figures) > 1 else None
        others = {k: statistics.fmean(v) if (v := [c[k] for c in same if c[k] is not None]) else None
                  for k in ("baseline", "control")}
        thin = mean is not None and bool(spread) and first["relation"] != "=" and \
            abs(mean - first["bound"]) < 3 * spread
        checks.append({"id": first["id"], "what": first["what"], "relation": first["relation"],
                       "bound": first["bound"], "paper": first.get("paper"), "mean": mean, "spread": spread,
                       "seeds": len(same), "thin": thin, "pass": all(c["pass"] for c in same), **others})
    return {"seeds": len(runs), "seconds": statistics.fmean(r["seconds"] for r in runs),
            "peak_bytes": max(r["peak_bytes"] for r in runs), "checks": checks}


def figure(value):
    return "-" if value is None else f"{value:.4g}"


def write_page(cajal, results):
    lines = ["# The studies, measured", "",
             "Written by `make studies` and `make studies-full` from studies/results.json. Mean over seeds ± standard",
             "deviation; thin: within three of them of the bound.", ""]
    for study in ask(cajal, "list"):
        kept = results.get(study["slug"])
        if not kept:
            continue
        shown = ask(cajal, "show", study["slug"])
        lines += [f"## {study['title']}", "", f"{study['paper']}, {study['year']}, `cajal study show {study['slug']}`.", ""]
        for level in ("quick", "full"):
            if level not in kept:
                continue
            of = kept[level]
            lines += [f"{level}, {of['seeds']} {'seed' if of['seeds'] == 1 else 'seeds'}, {of['seconds']:.0f} s a run:", "",
                      "| | check | paper | measured | bound | baseline | control | |", "|-|-|-|-|-|-|-|-|"]
            for c in of["checks"]:
                spread = f" ± {c['spread']:.2g}" if c["spread"] else ""
                lines.append(f"| {c['id']} | {c['what'].replace('|', chr(92) + '|')} | {c['paper'] or '-'} | {figure(c['mean'])}{spread} | "
                             f"{c['relation']} {c['bound']:g} | {figure(c['baseline'])} | {figure(c['control'])} | "
                             f"{'✓' if c['pass'] else '✗'}{' thin' if c['thin'] else ''} |")
            lines.append("")
        lines += [f"Differs from the paper ({d['id']}): {d['why']}.\n" for d in shown["differs"]]
    PAGE.write_text("\n".join(lines).rstrip() + "\n")


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in ("quick", "full", "page"):
        sys.exit(__doc__)
    cajal, level, wanted, failed = sys.argv[1], sys.argv[2], sys.argv[3:], False
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    slugs = [] if level == "page" else wanted or [s["slug"] for s in ask(cajal, "list")]
    for slug in slugs:
        runs = [r for seed in ((0, 1, 2) if level == "quick" else (0,)) if (r := run(cajal, slug, level, seed))]
        if not runs:
            failed = True
            continue
        results.setdefault(slug, {})[level] = merged(runs)
        good = all(r["pass"] for r in runs)
        failed |= not good
        print(f"{slug}: {level}, {len(runs)} seeds, {'pass' if good else 'FAIL'}", flush=True)
        RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    write_page(cajal, results)
    sys.exit(failed)


main()
