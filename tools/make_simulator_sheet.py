"""Make a contact sheet of simulated examples: a top view and the pictures of some examples of each folder.

    python tools/make_simulator_sheet.py docs/pictures/simulator.jpg rooms/ panoramas/ meshes/ scenes/

Each row is one example: the plan (cameras with their fields of view, the first dark; sources as dots), then its views.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw

from sonovista.simulate.example import Example
from sonovista.simulate.reading import find_examples
from sonovista.simulate.storage.hm3d_ss import read_example
from sonovista.simulate.top_view import top_view_of

WIDTH, HEIGHT, GAP = 200, 150, 4
RADIUS = 1.0
"""Metres that a field of view is drawn long."""
PAPER, INK, FIRST, OTHER, SOURCE = "#fbfaf8", "#1c1e21", "#2463a8", "#9cb8d8", "#b4532a"


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description="A contact sheet of simulated examples.")
    parser.add_argument("target", type=Path, help="JPEG file")
    parser.add_argument("folders", type=Path, nargs="+", help="simulations of one set")
    parser.add_argument("--each", type=int, default=3, help="examples of each folder, spread over it")
    parser.add_argument("--quality", type=int, default=80)
    arguments = parser.parse_args()
    rows = []
    for folder in arguments.folders:
        _, paths = find_examples(folder)
        chosen = [paths[(2 * i + 1) * len(paths) // (2 * arguments.each)] for i in range(arguments.each)]
        rows += [row_of(read_example(folder / path)) for path in chosen]
    sheet = Image.new("RGB", (max(row.width for row in rows), len(rows) * (HEIGHT + GAP) - GAP), PAPER)
    for index, row in enumerate(rows):
        sheet.paste(row, (0, index * (HEIGHT + GAP)))
    sheet.save(arguments.target, quality=arguments.quality, optimize=True)


def row_of(example: Example) -> Image.Image:
    """The plan, then all views."""
    row = Image.new("RGB", (HEIGHT + len(example.images) * (WIDTH + GAP), HEIGHT), PAPER)
    row.paste(drawn_plan(example), (0, 0))
    for view, picture in enumerate(example.images):
        small = Image.fromarray(picture).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        row.paste(small, (HEIGHT + GAP + view * (WIDTH + GAP), 0))
    return row


def drawn_plan(example: Example) -> Image.Image:
    """From above: x upward, y to the left."""
    points, plan = example.viewpoints, top_view_of(example, longest=HEIGHT - 12.0, margin=6.0)
    picture = Image.new("RGB", (HEIGHT, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle([plan.at(*plan.high), plan.at(*plan.low)], outline=INK)
    for view in reversed(range(len(points.yaws))):
        camera = points.cameras[view]
        right, left = plan.ends_of_view(camera, float(points.yaws[view]), RADIUS * plan.scale)
        draw.line([right, plan.at(*camera[:2]), left], fill=OTHER if view else FIRST, width=1 if view else 2)
    for source in points.sources:
        x, y = plan.at(*source[:2])
        draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=SOURCE)
    return picture


if __name__ == "__main__":
    main()
