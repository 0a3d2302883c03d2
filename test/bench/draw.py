#!/usr/bin/env python3
"""draw.py KIND FILE - the pictures of docs/performance.md as SVG, from the lines of sizes.sh.

latency: "NAME CLIENTS PER_SECOND P50_US P99_US", NAME may hold spaces
nodes:   "NODES BATCHED_PER_S SINGLE_PER_S CPU_US"
"""
import math
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 80, 30, 50, 60
COLOURS = ["#1f5fa8", "#c4572a"]


def ticks(top):
    step = 10 ** math.floor(math.log10(top / 4))
    for times in (1, 2, 5, 10):
        if top / (step * times) <= 6:
            step *= times
            break
    return [step * i for i in range(int(top / step) + 1)]


class Plot:
    def __init__(self, title, x_name, y_name, x_top, y_top, y_log=False):
        self.x_top, self.y_top, self.y_log = x_top * 1.05, y_top * 1.1, y_log
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-size="16">{title}</text>',
            f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{x_name}</text>',
            f'<text transform="translate(20 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{y_name}</text>',
        ]
        for value in ticks(self.x_top):
            self.line(value, None)
        rows = [10 ** k for k in range(0, 6) if 10 ** k <= self.y_top] if y_log else ticks(self.y_top)
        for value in rows:
            self.line(None, value)

    def at(self, x, y):
        if self.y_log:
            share = math.log10(max(y, 1)) / math.log10(self.y_top)
        else:
            share = y / self.y_top
        return (LEFT + x / self.x_top * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))

    def line(self, x, y):
        if x is not None:
            px, _ = self.at(x, 1)
            ends, label = (px, TOP, px, HEIGHT - BOTTOM), (px, HEIGHT - BOTTOM + 18, "middle", x)
        else:
            _, py = self.at(0, y)
            ends, label = (LEFT, py, WIDTH - RIGHT, py), (LEFT - 8, py + 4, "end", y)
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>' % ends)
        self.parts.append('<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>' % (label[0], label[1], label[2], f"{label[3]:,.0f}"))

    def curve(self, points, colour, dashed=False):
        path = " ".join("%.1f,%.1f" % self.at(x, y) for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        for x, y in points:
            self.parts.append('<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>' % (*self.at(x, y), colour))

    def legend(self, names, left=LEFT):
        for i, (name, colour, dashed) in enumerate(names):
            y = TOP + 14 + 18 * i
            dash = ' stroke-dasharray="6 4"' if dashed else ""
            self.parts.append(f'<line x1="{left + 12}" y1="{y}" x2="{left + 42}" y2="{y}" stroke="{colour}" stroke-width="2"{dash}/>')
            self.parts.append(f'<text x="{left + 50}" y="{y + 4}">{name}</text>')

    def text(self):
        return "\n".join(self.parts + ["</svg>"])


def latency(lines):
    series = {}
    for line in lines:
        words = line.split()
        rate, median, tail = (float(word) for word in words[-3:])
        series.setdefault(" ".join(words[:-4]), []).append((rate, median / 1000, tail / 1000))
    points = [point for curve in series.values() for point in curve]
    plot = Plot("Four nodes and their clients on one machine", "transactions a second", "ms from submission to final and applied",
                max(p[0] for p in points), max(p[2] for p in points), y_log=True)
    names = []
    for (name, curve), colour in zip(series.items(), COLOURS):
        plot.curve([(p[0], p[1]) for p in curve], colour)
        plot.curve([(p[0], p[2]) for p in curve], colour, dashed=True)
        names += [(f"{name}, half within", colour, False), (f"{name}, 99 % within", colour, True)]
    plot.legend(names)
    return plot.text()


def nodes(lines):
    rows = [[float(word) for word in line.split()] for line in lines]
    plot = Plot("All nodes share two cores", "nodes", "transactions a second", max(r[0] for r in rows), max(r[1] for r in rows))
    plot.curve([(r[0], r[1]) for r in rows], COLOURS[0])
    plot.curve([(r[0], r[2]) for r in rows], COLOURS[1])
    plot.legend([("32 clients, batches of ten", COLOURS[0], False), ("32 clients, one a submission", COLOURS[1], False)], left=430)
    return plot.text()


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as source:
        print({"latency": latency, "nodes": nodes}[sys.argv[1]](source.read().splitlines()))
