#!/bin/sh
# Makes sure that a Chromium is there for the browser tests: the system's package where it can be installed, else the
# one that Playwright brings.
set -eu
python=$1
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Chromium for the browser tests"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium
else
    "$python" -m playwright install chromium
fi
