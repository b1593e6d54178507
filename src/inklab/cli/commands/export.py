"""`inklab export`."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from typer import Option

from inklab.cli.commands.options import Json, RunFolder


def export(
    run: RunFolder,
    out: Annotated[
        Path | None,
        Option(
            "-o",
            "--out",
            metavar="FILE",
            help="The file to write; the default is the name of the run's folder with .inklab.",
        ),
    ] = None,
    int8: Annotated[
        bool, Option("--int8", help="Quantize convolutions to 8-bit integers, for twice the speed.")
    ] = False,
    json: Json = False,
) -> None:
    """Export a run as an artifact, for reading pictures without torch.

    The artifact holds the model as ONNX, including an ensemble or test-time augmentation, calibrated on the
    validation set. Before it is written, its outputs are compared with the trained model's on 1,000 images.
    With --int8 it may misclassify at most 0.1% of the validation images more, or five if that is more.
    """
    from inklab.cli.console import print_json, show_status
    from inklab.export.export import export_run
    from inklab.runs import Run

    source = Run.open(run)
    with show_status("exporting, calibrating, and comparing"):
        artifact = export_run(source, source.load_data(), int8=int8)
    path = out or Path(f"{source.path.resolve().name}.inklab")
    artifact.save(path)
    if json:
        print_json({"artifact": str(path), "size_bytes": path.stat().st_size, **artifact.card.to_dict()})
        return
    metrics, temperature = artifact.card.metrics["valid"], artifact.card.calibration.temperature
    typer.echo(f"{path}: {path.stat().st_size:,} bytes, temperature {temperature:.3f}")
    typer.echo(
        f"On the validation set, which calibrated it together with degraded copies: accuracy "
        f"{metrics['accuracy']:.2%}, negative log-likelihood {metrics['nll']:.3f}, "
        f"calibration error {metrics['ece']:.3f}"
    )
    typer.echo(f"Next: inklab evaluate {quote(str(path))}, inklab read --model {quote(str(path))} PICTURE")
