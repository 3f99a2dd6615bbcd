"""Tests that need a real browser: whether there is one, and its scripts of playwright."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WEB = os.path.join(os.path.dirname(os.path.dirname(HERE)), "web")
BROWSERS = ("/usr/bin/chromium", "/usr/bin/google-chrome")


def need_browser(page_is_built=True):
    """A build without npm, or a machine without Chromium, is no fault; in CI it is."""
    missing = [what for what, found in (
        ("the page", page_is_built), ("a browser", any(map(os.path.exists, BROWSERS))),
        ("node", shutil.which("node")),
        ("web/node_modules", os.path.isdir(os.path.join(WEB, "node_modules/playwright-core"))),
        ("web/src/schema_bodies.ts", os.path.exists(os.path.join(WEB, "src/schema_bodies.ts"))))
        if not found]
    if missing:
        print("SKIPPED: missing:", ", ".join(missing))
        sys.exit(1 if os.environ.get("CI") == "true" else 77)


def run_script(name, *words, **options):
    """What a script beside this file printed."""
    done = subprocess.run(["node", os.path.join(HERE, name), *words], capture_output=True, text=True,
                          check=False, timeout=240, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
