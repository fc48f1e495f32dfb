"""Mark on photos, in a browser on this machine, what their parts are made of and what in them can sound.

    python tools/annotate.py                      the photos of tools/fetch_photos.py and of examples/
    python tools/annotate.py --photos my/photos   your own, with files of your own
        --strokes my/strokes.json --things my/things.json

What is marked is saved as it is drawn: regions as `tools/region_strokes.json` has them, for `train_region_head.py`;
sounding things as `benchmarks/scene_annotations.json` has them (`docs/annotations.md`), for `sonovista evaluate scene`.
"""

import argparse
import sys
from pathlib import Path

from annotation.application import create_app
from annotation.store import Photos, Store
from fetch_photos import cache_folder, fetch_all

from sonovista.errors import InputError
from sonovista.viewer.local_server import serve_application

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Serve the page until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, action="append", help="folder of photos; may be repeated")
    parser.add_argument("--strokes", type=Path, default=ROOT / "tools" / "region_strokes.json")
    parser.add_argument("--things", type=Path, default=ROOT / "benchmarks" / "scene_annotations.json")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    options = parser.parse_args()
    try:
        if options.photos is None:
            fetch_all()
        folders = options.photos or [cache_folder(), ROOT / "examples"]
        app = create_app(Photos(folders), Store(options.strokes, options.things))
        serve_application(app, options.port, not options.no_browser, lambda url: print(url, flush=True))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
