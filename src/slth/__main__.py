"""``python -m slth``: the command line where no script `slth` is on the path."""

from slth.cli.app import main

if __name__ == "__main__":
    main()
