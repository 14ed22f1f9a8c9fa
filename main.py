"""Starts the workbench: without arguments the window opens, with a command it is done here."""

from cxr_gui.cli.program import main

if __name__ == "__main__":
    main()
