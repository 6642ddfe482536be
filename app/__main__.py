"""`python -m app`, and the console script `kafka-mailer`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    try:
        from app.cli.main import run_command_line  # noqa: PLC0415  # kept out of `import app`

        code = run_command_line(sys.argv[1:])
    except KeyboardInterrupt:  # before there was anything to end
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
