"""The options that commands share, each in one place."""

from pathlib import Path
from typing import get_args

import click

from conformance.events import Driver

DRIVER = click.option("--driver", type=click.Choice(get_args(Driver)), default="browser", show_default=True)
REPORT = click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), default=Path("reports/latest"), show_default=True
)
BASELINE = click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Known failures, held both ways.",
)
