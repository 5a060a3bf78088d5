"""Draws the text of a terminal, with its colours, as SVG: terminal.py FILE."""

import html
import re
import sys

COLOURS = {30: "#5c6370", 31: "#e06c75", 32: "#98c379", 33: "#e5c07b", 34: "#61afef", 35: "#c678dd", 36: "#56b6c2", 37: "#dcdfe4"}
COLOURS |= {code + 60: colour for code, colour in COLOURS.items()}
WIDTH, HEIGHT, MARGIN = 8.43, 19, 16

lines = open(sys.argv[1], encoding="utf-8").read().rstrip("\n").split("\n")
plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
columns = max(map(len, plain))
width, height = columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
print(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
    f'aria-label="stormglass top in a terminal" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">'
    f'<rect width="100%" height="100%" rx="8" fill="#1e222a"/>'
)
for row, line in enumerate(lines):
    column, style = 0, {"fill": "#dcdfe4"}
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if piece.startswith("\x1b"):
            for code in map(int, (piece[2:-1] or "0").split(";")):
                if code == 0:
                    style = {"fill": "#dcdfe4"}
                elif code == 1:
                    style["font-weight"] = "bold"
                elif code == 2:
                    style["opacity"] = "0.6"
                elif code == 39:
                    style["fill"] = "#dcdfe4"
                elif code in COLOURS:
                    style["fill"] = COLOURS[code]
        elif piece.strip():
            x, y = MARGIN + column * WIDTH, MARGIN + row * HEIGHT + 14
            attributes = " ".join(f'{name}="{value}"' for name, value in style.items())
            print(
                f'<text x="{x:.1f}" y="{y}" textLength="{len(piece) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs" '
                f'xml:space="preserve" {attributes}>{html.escape(piece)}</text>'
            )
            column += len(piece)
        else:
            column += len(piece)
print("</svg>")
