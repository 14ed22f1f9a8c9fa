"""Prints what a screen reader would say of a tab of the real window, control by control as Tab goes.

    python tests/accessible_dump.py [dataset|training|attack] [--tree]

Opens the demo study and sweeps it. --tree prints all that is in the tab, whether or not Tab stops there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QSettings

from cxr_gui.app import create_application, create_window
from tests.screenshots import settle, wait_for
from tests.support.spoken import accessible, all_of, in_tab_order, spoken

TABS = ("dataset", "training", "attack")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tab", nargs="?", choices=TABS, default="attack")
    parser.add_argument("--tree", action="store_true")
    options = parser.parse_args()
    application = create_application([])
    with tempfile.TemporaryDirectory(prefix="cxr-gui-") as folder:
        os.environ["CXR_CACHE"], os.environ["CXR_NOTES"] = folder, f"{folder}/notes.sqlite"
        window = create_window(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
        window.resize(1280, 800)
        wait_for(window.session.catalogChanged, window.show)
        wait_for(window.session.sweepChanged, window.open_demo)
        page = getattr(window, f"{options.tab}_tab")
        window.tabs.setCurrentWidget(page)
        settle(3000)
        if options.tree:
            lines = list(all_of(accessible(page)))
        else:
            lines = [spoken(accessible(widget)) for widget in in_tab_order(page)]
        sys.stdout.write("\n".join(lines) + "\n")
        window.close()
        application.quit()


if __name__ == "__main__":
    main()
