"""`python -m cxr_gui` is `main.py` for who installed the package."""

from cxr_gui.cli.program import main

if __name__ == "__main__":
    main()
