"""One run as a picture: ratios to what the machine can do, and to other servers."""

import math
from dataclasses import dataclass
from html import escape

from report import number, percent

WIDTH = 960
LABEL_X = 330  # labels end here, bars begin
BAR_WIDTH = 380
LINE_HEIGHT = 22
BAR_HEIGHT = 14
TITLE_HEIGHT = 46
COLOURS = {"plain": "#5b7fa6", "good": "#3c8c5c", "bad": "#c2703d"}
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}"
    ".small{fill:#555}.grid{stroke:#ddd}.mark{stroke:#222;stroke-width:2}"
)


@dataclass(frozen=True)
class Bar:
    label: str
    part: float  # of the full width, 0 to 1
    text: str
    mark: float = None  # where the target is, 0 to 1
    colour: str = "plain"


@dataclass(frozen=True)
class Panel:
    title: str
    note: str
    bars: list
    grid: tuple = ()  # (part, text) of the lines behind the bars

    @property
    def height(self):
        return TITLE_HEIGHT + LINE_HEIGHT * len(self.bars) + (24 if self.grid else 8)


def text(x, y, words, kind="", anchor="start"):
    place = f'x="{x:.0f}" y="{y:.0f}"'
    return f'<text {place} class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def draw_bar(bar, y):
    width = max(1, min(1, bar.part) * BAR_WIDTH)
    middle = y + BAR_HEIGHT - 2
    parts = [
        text(LABEL_X - 10, middle, bar.label, "", "end"),
        f'<rect x="{LABEL_X}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" '
        f'fill="{COLOURS[bar.colour]}"/>',
        text(LABEL_X + width + 8, middle, bar.text, "small"),
    ]
    if bar.mark is not None:
        x = LABEL_X + min(1, bar.mark) * BAR_WIDTH
        parts.append(f'<path class="mark" d="M{x:.1f} {y - 3}v{BAR_HEIGHT + 6}"/>')
    return parts


def draw_panel(panel, top):
    bottom = top + TITLE_HEIGHT + LINE_HEIGHT * len(panel.bars)
    parts = [text(16, top + 18, panel.title, "title"), text(16, top + 36, panel.note, "small")]
    for part, words in panel.grid:
        x = LABEL_X + part * BAR_WIDTH
        parts.append(f'<path class="grid" d="M{x:.1f} {top + TITLE_HEIGHT - 4}V{bottom}"/>')
        parts.append(text(x, bottom + 14, words, "small", "middle"))
    for i, bar in enumerate(panel.bars):
        parts += draw_bar(bar, top + TITLE_HEIGHT + LINE_HEIGHT * i)
    return parts


# --- what is shown --------------------------------------------------------------------------------


def colour_of(row):
    return {"pass": "good", "below": "bad", "above": "bad"}.get(row.verdict, "plain")


def limits_panel(rows):
    """Ratios to the bare libraries, with the targets as marks."""
    full = 1.2
    bars = [
        Bar(row.name, row.ratio / full, f"{percent(row.ratio)} of {row.bare_name}",
            row.target / full, colour_of(row))
        for row in rows if row.group == "path" and row.ratio and row.target
    ]  # fmt: skip
    grid = tuple((part / full, percent(part)) for part in (0, 0.25, 0.5, 0.75, 1))
    note = "measured in turn on the same CPU; the mark is the target"
    return Panel("Ratios to bare libraries", note, bars, grid)


def bounds_panel(rows):
    """What is to stay below a bound: the bound is the mark."""
    full = 1.5
    bars = [
        Bar(row.name, row.ours / row.target / full,
            f"{number(row.ours)} {row.unit}, at most {row.target:.3g}", 1 / full, colour_of(row))
        for row in rows if row.at_most and row.target and row.verdict in ("pass", "above")
    ]  # fmt: skip
    return Panel("Bounds", "shorter is better; the mark is the bound", bars)


def peers_panel(path, title, rows):
    """How many times as many requests as each peer, on a logarithmic scale."""
    decades = 3
    found = [row for row in rows if row.key.startswith("peer:") and row.key.endswith(f":{path}")]
    bars = [
        Bar(row.bare_name, max(0, math.log10(row.ratio)) / decades,
            f"{number(row.ratio)} x ({number(row.ours)} and {number(row.bare)} a second)")
        for row in found if row.ratio
    ]  # fmt: skip
    grid = tuple((i / decades, f"{10**i} x") for i in range(decades + 1))
    return Panel(f"Other servers: {title}", "Latchkey's requests a second for each of theirs", bars,
                 grid)  # fmt: skip


PEER_PATHS = {"me": "who am I", "login": "log-in", "refresh": "refresh", "list": "list of 50 users"}


def svg(about, rows):
    """The picture as text."""
    panels = [limits_panel(rows), bounds_panel(rows)]
    panels += [peers_panel(path, title, rows) for path, title in PEER_PATHS.items()]
    panels = [panel for panel in panels if panel.bars]
    head = f"Latchkey {about['commit']}, {about['cpu']}, {about['cpus']} CPUs, {about['time'][:10]}"
    top, parts = 40, [text(16, 26, head, "small")]
    for panel in panels:
        parts += draw_panel(panel, top)
        top += panel.height + 14
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
        f'viewBox="0 0 {WIDTH} {top}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>',
        *parts, "</svg>",
    ]) + "\n"  # fmt: skip
