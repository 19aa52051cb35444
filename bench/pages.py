"""docs/benchmarks.md, made of the run that is kept in docs/benchmarks/."""

from dataclasses import replace
from pathlib import Path

import plot
import report
from report import SIGNATURES, number, percent, spread_text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
RUN = ROOT / "docs" / "benchmarks" / "run.jsonl"
PICTURE = ROOT / "docs" / "benchmarks" / "run.svg"
SLOWEST = 10  # combinations of the lists that are kept
HEAD = """# Benchmarks

<!-- Written by bench/page from docs/benchmarks/run.jsonl; do not edit. -->

How fast Latchkey is, as ratios: to what the same machine does without it, and to other servers,
always measured in turn in the same run. Absolute numbers belong to this machine. `make bench
ARGS="--peers"` measures yours; [bench/README.md](../bench/README.md) says what each row does and
how a round is taken.
"""
TAIL = """## What the numbers do not say

- Loopback only, no TLS. With two CPUs server and load have one each; where a row says "all CPUs",
  the load shares them.
- `me` compares a request that is checked, authenticated, looked up, encoded, logged and counted
  with one that does nothing. All connections have the same session, so its token is among the
  verified ones that are remembered; "first sight" is the row without that.
- Other servers do other things for the same words: their log-ins write other things, PocketBase's
  and better-auth's "who am I" and PocketBase's refresh write nothing, Keycloak and Glewlwyd answer
  by OpenID Connect. Durability and password hash are in the table of the servers.
- "By CPU" is the ratio by the CPU time that an operation took of the server itself. Where others
  were at work on the machine during the run, it is the one to believe.
"""


def table(heading, lines):
    """A Markdown table; the first column to the left, the others to the right."""
    rule = ["---"] + ["---:"] * (len(heading) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, rule, *lines)) + "\n"


def section(title, *parts):
    """A section, or nothing when it would be empty."""
    return f"## {title}\n\n" + "\n".join(parts) if any(parts) else ""


def measured(rows, *groups):
    return [row for row in rows if row.group in groups and not row.error and not row.missing]


# --- sections -------------------------------------------------------------------------------------


def about_section(about):
    binary = about.get("binary", {})
    one = "shared" if about["load_cpu"] == about["second_cpu"] else "its own"
    libraries = ", ".join(f"{name} {version}" for name, version in about["libraries"].items())
    lines = [
        ("machine", f"{about['cpu']}, {about['cpus']} CPUs, {about['memory_mib']:,} MiB"),
        ("system", f"{about['system']}, Linux {about['kernel']}, files on {about['file_system']}"),
        ("CPUs used", f"server: {about['server_cpu']}, load: {about['load_cpu']}; on two CPUs: "
                      f"{about['server_cpu']} and {about['second_cpu']}, the load's CPU {one}"),
        ("Latchkey", f"{binary.get('version', '')}, commit {about['commit']}"),
        ("passwords", binary.get("hash", "")),
        ("access tokens", binary.get("signature", "")),
        ("store", binary.get("store", "")),
        ("libraries", libraries),
        ("when", f"{about['time']}, load of the machine before: {about['load_before']}"),
    ]  # fmt: skip
    text = table(("this run", ""), lines).replace("---:", "---")
    if about.get("quick"):
        text += "\n**A quick run: few and short rounds.**\n"
    return section("Machine", text)


def against_cells(row):
    verdict = {"pass": "met", "below": "missed", "above": "missed"}.get(row.verdict, "")
    return (
        row.name,
        f"{number(row.ours)} {row.unit}",
        f"{number(row.bare)} {row.bare_name}" if row.bare else "",
        percent(row.ratio) if row.ratio else "",
        spread_text(row),
        percent(row.cpu_ratio) if row.cpu_ratio else "",
        f"{report.target_text(row)} {verdict}".strip(),
    )


def paths_section(rows):
    heading = ("what", "Latchkey", "against", "ratio", "of rounds", "by CPU", "target")
    lines = [against_cells(row) for row in measured(rows, "path") if row.key != "stores"]
    return section("Against what the machine can do", table(heading, lines) if lines else "",
                   *signing_words(rows))  # fmt: skip


def signing_words(rows):
    """For each row whose operations sign: how near they come to doing nothing else."""
    return [
        f"{row.name}: each signs an access token, and signing alone (ES256, on the same CPU in the\n"
        f"same run) gives {number(row.notes[SIGNATURES])} a second, of which it reaches "
        f"{percent(row.ours / row.notes[SIGNATURES])}.\n"
        for row in measured(rows, "path") if SIGNATURES in row.notes
    ]  # fmt: skip


def latencies_section(rows):
    heading = ("what", "p50 ms", "p99 ms", "at half the rate", "p50 ms", "p99 ms")
    lines = []
    for row in measured(rows, "path"):
        notes = row.notes
        if "p50_ms" in notes and "p99_ms" in notes:
            half = ("half_rate", "half_p50_ms", "half_p99_ms")
            texts = [f"{notes[name]:,}/s" if name == "half_rate" else f"{notes[name]}"
                     for name in half if name in notes]  # fmt: skip
            lines.append((row.name, f"{notes['p50_ms']}", f"{notes['p99_ms']}",
                          *(texts or ("", "", ""))))  # fmt: skip
    words = (
        "At the highest rate, where every connection always waits for an answer, and at half of\n"
        "it, where a latency counts from the moment its request was due.\n"
    )
    return section("Latencies", words, table(heading, lines)) if lines else ""


def lists_section(rows):
    row = next((row for row in measured(rows, "path") if row.key == "lists"), None)
    if row is None:
        return ""
    heading = ("filter", "sort", "page", "people", "p50 ms", "p99 ms", "CPU ms")
    lines = [
        (line["filter"], f"`{line['sort']}`", line["page"], f"{line['users']:,}",
         f"{line['p50_ms']}", f"{line['p99_ms']}", f"{line['cpu_ms']}")
        for line in row.lines
    ]  # fmt: skip
    count = row.notes.get("combinations", len(lines))
    words = f"Of {count} combinations of filter, sort and page.\n"
    return section("The slowest lists", words, table(heading, lines))


def footprint_section(rows):
    heading = ("what", "Latchkey", "of rounds", "target", "besides")
    lines = []
    for row in measured(rows, "footprint"):
        notes = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.notes.items())
        verdict = {"pass": "met", "above": "missed"}.get(row.verdict, "")
        lines.append((row.name, f"{number(row.ours)} {row.unit}", spread_text(row),
                      f"{report.target_text(row)} {verdict}", notes))  # fmt: skip
    return section("Memory, start, size", table(heading, lines) if lines else "")


def scaling_section(rows):
    found = measured(rows, "scaling")
    if not found:
        return ""
    shared = found[0].notes.get("load_shares_a_cpu") == "yes"
    shares = "shares the second CPU with the server, so two would do more without it"
    words = f"The load {shares if shared else 'has a CPU of its own'}.\n"
    heading = ("what, and CPUs of the server", "a second", "p50 ms", "p99 ms", "ratio",
               "CPU µs each", "by CPU time")  # fmt: skip
    lines = [line for row in found for line in scaling_lines(row)]
    return section("One CPU and two", words, table(heading, lines))


def scaling_lines(row):
    """The same on one CPU and on two. By CPU time the ratio is of two CPUs' work to one's, had both
    nothing else to do."""
    what, notes = row.name.partition(", ")[0], row.notes
    (two_us, one_us), by_cpu = row.cpu_us, f"{2 * row.cpu_ratio:.2f}"
    one, two = ((notes[f"{side}_p50_ms"], notes[f"{side}_p99_ms"]) for side in ("one", "two"))
    return [(f"{what}, one", number(row.bare), *map(str, one), "", f"{one_us}", ""),
            (f"{what}, two", number(row.ours), *map(str, two), f"{row.ratio:.2f}", f"{two_us}", by_cpu)]


def limits_section(rows):
    lines = [(row.name, f"{number(row.ours)} {row.unit}", spread_text(row))
             for row in measured(rows, "limit")]  # fmt: skip
    heading = ("without Latchkey", "median", "of rounds")
    return section("What the machine gives", table(heading, lines) if lines else "")


def stores_section(rows):
    """A row whose lines are paths on each store side by side."""
    row = next((row for row in measured(rows, "path") if row.key == "stores"), None)
    if row is None:
        return ""
    heading = ("path", "store", "a second", "p50 ms", "p99 ms", "calls of the store", "their ms",
               "part of the request")  # fmt: skip
    lines = [
        (line["path"], line["store"], number(line["rate"]), f"{line['p50_ms']}",
         f"{line['p99_ms']}", f"{line['store_calls']}", f"{line['store_ms']}",
         percent(line["store_share"]))
        for line in row.lines
    ]  # fmt: skip
    return section("The same on each store", table(heading, lines))


def peer_facts(rows):
    heading = ("server", "passwords", "store", "idle MiB", "first start s")
    lines = [
        (row.name.removesuffix(", idle memory"), row.notes["hash"], row.notes["store"],
         number(row.ours), f"{row.notes['start_s']}")
        for row in measured(rows, "peer") if "start_s" in row.notes
    ]  # fmt: skip
    return table(heading, lines).replace("---:", "---", 2) if lines else ""


def peer_path(rows, path, title):
    heading = ("server", "Latchkey /s", "it /s", "ratio", "of rounds", "by CPU",
               "p99 ms: Latchkey", "p99 ms: it")  # fmt: skip
    lines = [
        (row.bare_name, number(row.ours), number(row.bare), f"{number(row.ratio)} x",
         "{}-{} x".format(*map(number, row.spread)),
         f"{number(row.cpu_ratio)} x" if row.cpu_ratio else "",
         f"{row.notes['ours_p99_ms']}", f"{row.notes['theirs_p99_ms']}")
        for row in measured(rows, "peer") if row.key.endswith(f":{path}")
    ]  # fmt: skip
    return f"### {title}\n\n" + table(heading, lines) if lines else ""


def other_hashes(rows):
    """Log-ins of servers that Latchkey cannot hash like: what is left without the hash. Less than
    nothing says that the bare hash was not the one that they use."""
    lines = [
        (row.bare_name, f"{row.notes['ours_ms']}", f"{row.notes['ours_without_hash_ms']}",
         f"{row.notes['theirs_ms']}", f"{row.notes['theirs_without_hash_ms']}")
        for row in measured(rows, "peer")
        if min(row.notes.get(f"{side}_without_hash_ms", -1) for side in ("ours", "theirs")) >= 0
    ]  # fmt: skip
    heading = ("server", "Latchkey, CPU ms", "without its hash", "it, CPU ms", "without its hash")
    words = "Latchkey hashes in the way of the other server, except here:\n"
    return words + "\n" + table(heading, lines) if lines else ""


def peers_section(rows):
    parts = [peer_facts(rows)]
    for path, title in plot.PEER_PATHS.items():
        parts.append(peer_path(rows, path, title[0].upper() + title[1:]))
        if path == "login":
            parts.append(other_hashes(rows))
    words = "Each on one CPU, with as many users as Latchkey, in turn with it.\n"
    return section("Other servers", words, *filter(None, parts)) if any(parts) else ""


def absent_section(rows):
    lines = [f"- {row.name}{f' ({row.bare_name})' if row.bare_name else ''}: "
             f"{row.missing or row.error}"
             for row in rows if row.missing or row.error]  # fmt: skip
    return section("Not measured", "\n".join(lines) + "\n" if lines else "")


SECTIONS = (
    paths_section, latencies_section, footprint_section, scaling_section, lists_section,
    stores_section, peers_section, limits_section, absent_section,
)  # fmt: skip


def page(about, rows):
    """The page as text."""
    sections = [
        HEAD,
        about_section(about),
        "![Ratios of this run](benchmarks/run.svg)\n",
        *(make(rows) for make in SECTIONS),
        TAIL,
    ]  # fmt: skip
    return "\n".join(part for part in sections if part)


# --- files ----------------------------------------------------------------------------------------


def without_most_lines(row):
    """The row of lists with the slowest of its single measurements only; another as it is."""
    if row.key != "lists":
        return row
    slowest = sorted(row.lines, key=lambda line: line["p99_ms"], reverse=True)[:SLOWEST]
    return replace(row, lines=slowest)


def publish(about, rows):
    """Keeps a run as the page's source and writes the page and the picture."""
    report.keep(RUN, about, [without_most_lines(row) for row in rows])
    for path, text in texts().items():
        path.write_text(text)


def texts():
    """Path → text, of all that is made of the run that is kept."""
    about, rows = report.read(RUN)
    return {PAGE: page(about, rows), PICTURE: plot.svg(about, rows)}
