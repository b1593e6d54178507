"""`inklab export`."""

from pathlib import Path
from typing import Annotated

import typer

from inklab.cli.commands.options import Json, RunFolder


def export(
    run: RunFolder,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to put it; by default RUN's name.inklab."),
    ] = None,
    int8: Annotated[
        bool,
        typer.Option(
            "--eight-bits",
            help="Let convolutions compute with small whole numbers: a network of many takes half the time.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Make an artifact of a run, which reads pictures without torch.

    Its network, its committee or its views as ONNX, calibrated on the valid split, and compared with the
    trained network on 1,000 images before anything is written. In eight bits it must be right on as many of
    the valid split as before, but for 0.1 %, or for five if that is more.
    """
    from inklab.cli.console import say, say_json, waiting
    from inklab.export.export import export_run
    from inklab.runs import Run

    found = Run.open(run)
    with waiting("exporting, calibrating and comparing"):
        artifact = export_run(found, found.load_data(), int8=int8)
    path = out or Path(f"{found.path.resolve().name}.inklab")
    artifact.save(path)
    if json:
        say_json({"artifact": str(path), "size_bytes": path.stat().st_size, **artifact.card.to_dict()})
        return
    metrics = artifact.card.metrics["valid"]
    say(f"{path}: {path.stat().st_size:,} bytes, temperature {artifact.card.calibration.temperature:.3f}")
    say(
        f"On the valid split, on which it was calibrated: accuracy {metrics['accuracy']:.2%}, negative "
        f"log-likelihood {metrics['nll']:.3f}, calibration error {metrics['ece']:.3f}"
    )
    say(f"Next: inklab evaluate {path}, inklab read --model {path} PICTURE")
