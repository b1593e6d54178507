"""`inklab recipes`."""

import typer

from inklab.cli.commands.options import Json


def recipes(json: Json = False) -> None:
    """List the recipes with their errors and training times.

    Prints the number of parameters, the published and the reproduced test error, and the training time.
    """
    from dataclasses import asdict

    from inklab.cli.console import format_table, print_json
    from inklab.training import TABLE_HEADINGS, published_results

    results = published_results()
    if json:
        print_json([asdict(result) for result in results.values()])
        return
    typer.echo(format_table([TABLE_HEADINGS, *(result.table_row for result in results.values())]))
    typer.echo("\nErrors are on the 10,000 test images: mean and standard deviation over n seeds.")
    typer.echo("Training times were measured on:")
    for machine in sorted({result.machine for result in results.values() if result.machine}):
        typer.echo(f"  {machine}")
