"""The command line: one command per workflow, grouped by what people come for."""

import json
import sys
from typing import Annotated

import typer

from landgis.cli.common import call, console, print_line
from landgis.cli.overview import Overview
from landgis.terms.errors import LandgisError

app = typer.Typer(
    cls=Overview,
    help="LandGIS 园区存量用地：哪些地块疑似闲置低效，谁该退出、置换、提升。 | Land stock of industrial parks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    is_json: Annotated[bool, typer.Option("--json", help="只输出一个 JSON 对象 | print one JSON object")] = False,
) -> None:
    call.is_json = is_json


def main() -> None:
    """Run the command line: exit 0 done, 1 refused with a message that says how to mend it, 2 wrong usage."""
    try:
        app()
    except LandgisError as refusal:
        if call.is_json:
            print_line(json.dumps({"error": refusal.as_dict()}, ensure_ascii=False))
        else:
            console.print(str(refusal), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
