"""The table for people, and the lines of JSON that are kept."""

import json
from dataclasses import asdict, fields
from pathlib import Path

from measure import Row

HEADINGS = ("what", "Latchkey", "against", "ratio", "of rounds", "by CPU", "target", "")
APART = ("lines", "table")  # single measurements have lines of their own

SIGNATURES = "es256_signatures"  # the note of a row: signatures a second of the same CPU


def number(value):
    """Three significant digits, thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percent(value):
    """A part as per cent; what is several times as much, as a factor."""
    return f"{100 * value:.0f} %" if value < 2 else f"{number(value)} x"


def target_text(row):
    if row.target is None:
        return ""
    sign = "<=" if row.at_most else ">="
    return f"{sign} " + (percent(row.target) if row.bare_name else f"{row.target:.3g} {row.unit}")


def spread_text(row):
    """From the lowest to the highest of the rounds: ratios, or numbers when there are none."""
    if not row.spread:
        return ""
    low, high = row.spread
    if row.bare is None:
        return f"{number(low)}-{number(high)}"
    if high >= 2:
        return f"{number(low)}-{number(high)} x"
    return f"{100 * low:.0f}-{100 * high:.0f} %"


def cells(row):
    """One line of the table."""
    if row.error or row.missing:
        return (row.name, "-", "-", "-", "-", "-", target_text(row), row.verdict)
    return (
        row.name,
        f"{number(row.ours)} {row.unit}",
        f"{number(row.bare)} {row.bare_name}" if row.bare else "",
        percent(row.ratio) if row.ratio is not None else "",
        spread_text(row),
        percent(row.cpu_ratio) if row.cpu_ratio else "",
        target_text(row),
        row.verdict,
    )


def table(rows):
    """The table as text: first column to the left, the others to the right."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    text = []
    for line in lines:
        rest = "  ".join(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))
        text.append(f"{line[0].ljust(widths[0])}  {rest}".rstrip())
    return "\n".join(text)


def notes(row):
    """What else was seen, in one line."""
    if row.error or row.missing:
        return f"  {row.name}: {row.error or row.missing}"
    cpu = {"cpu_us": "{:,} against {:,}".format(*row.cpu_us)} if row.cpu_us else {}
    seen = {**cpu, **row.notes}
    return f"  {row.name}: " + ", ".join(f"{name} {value}" for name, value in seen.items())


def keep(path, machine, rows):
    """Writes the machine and every row, one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        file.write(json.dumps({"machine": machine}) + "\n")
        for row in rows:
            derived = {"ratio": row.ratio, "cpu_ratio": row.cpu_ratio, "verdict": row.verdict}
            kept = {name: value for name, value in asdict(row).items() if name not in APART}
            file.write(json.dumps({**kept, **derived}) + "\n")
            for line in row.lines:
                file.write(json.dumps({"row": row.name, **line}) + "\n")


def read(path):
    """What keep() wrote: the machine, and the rows without what was derived from them."""
    machine, rows = None, []
    names = {field.name for field in fields(Row)}
    for text in Path(path).read_text().splitlines():
        record = json.loads(text)
        if "machine" in record:
            machine = record["machine"]
        elif "row" in record:  # a single measurement of the row before it
            rows[-1].lines.append({name: record[name] for name in record if name != "row"})
        else:
            rows.append(Row(**{name: value for name, value in record.items() if name in names}))
    return machine, rows
