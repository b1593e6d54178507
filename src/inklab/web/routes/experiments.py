"""The lesson's training experiments, which run as background jobs."""

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter

from inklab.lesson.text import SINGLE_LAYER
from inklab.web.schemas import Schema, TrainingPoint
from inklab.web.services.jobs import Job, Jobs, JobState
from inklab.web.services.user_lesson import UserLesson
from inklab.web.services.workbench import Workbench

if TYPE_CHECKING:
    from inklab.lesson.ablations import Curve

ExperimentName = Literal["shuffled-softmax", "shuffled-cnn", "dropout"]


class TrainingCurve(Schema):
    """One of two trainings that differ in one setting."""

    name: str
    steps: int
    valid_accuracy: float | None
    """The validation accuracy at the end."""
    points: list[TrainingPoint]


class ExperimentStatus(Schema):
    """The status of an experiment."""

    state: JobState
    error: str | None
    curves: list[TrainingCurve]


def router(workbench: Workbench, lesson: UserLesson) -> APIRouter:
    """Return the routes for experiments."""
    routes = APIRouter(prefix="/lesson/experiments", tags=["lesson"])
    jobs: Jobs[tuple[Curve, ...]] = Jobs(workbench.stopping)

    @routes.post("/{name}", summary="Start an experiment in the background")
    def start(name: ExperimentName) -> ExperimentStatus:
        from inklab.lesson import ablations

        train = {
            "shuffled-softmax": ablations.shuffled_single_layer,
            "shuffled-cnn": ablations.shuffled_convolutions,
            "dropout": ablations.without_dropout,
        }[name]
        run = lesson.run(SINGLE_LAYER)
        return _status(jobs.start((name, run.source, run.checksum), lambda: train(run.load_data())))

    @routes.get("/{name}", summary="Return the status of an experiment")
    def status(name: ExperimentName) -> ExperimentStatus:
        run = lesson.run(SINGLE_LAYER)
        return _status(jobs.job((name, run.source, run.checksum)))

    return routes


def _status(job: "Job[tuple[Curve, ...]]") -> ExperimentStatus:
    curves = [TrainingCurve.model_validate(curve) for curve in job.result or ()]
    return ExperimentStatus(state=job.state, error=job.error, curves=curves)
