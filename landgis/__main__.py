"""``python -m landgis``: the command line."""

from landgis.cli import main

if __name__ == "__main__":
    main()
