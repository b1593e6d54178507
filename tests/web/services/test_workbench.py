"""The workbench: runs by their names, which stay in their folder, and artifacts that are exported once."""

import os
import shutil
import time
from pathlib import Path

import pytest
from web_visits import FINISHED, RECIPE

from inklab.data import Dataset
from inklab.errors import InklabError, RunError
from inklab.recognition import Recognizer
from inklab.runs import Run
from inklab.web import SHIPPED, Workbench


def copy(workbench: Workbench, name: str) -> Path:
    return Path(shutil.copytree(workbench.runs / FINISHED, workbench.runs / name))


def test_nested_runs_are_listed_newest_first(workbench: Workbench) -> None:
    for name in ("lesson/cnn", "committee/members/00"):
        time.sleep(0.02)  # files of one moment have no order
        (copy(workbench, name) / "recipe.json").touch()
    names = [workbench.name_of(run) for run in workbench.list_runs()]
    assert names == ["committee/members/00", "lesson/cnn", FINISHED]
    assert [workbench.run(name).recipe for name in names] == [RECIPE] * 3


def test_damaged_runs_are_not_listed(workbench: Workbench) -> None:
    (copy(workbench, "damaged") / "recipe.json").write_text("{", encoding="utf-8")
    assert [workbench.name_of(run) for run in workbench.list_runs()] == [FINISHED]
    assert Workbench(runs=workbench.runs / "none", drawings=workbench.drawings).list_runs() == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../../x", "/etc", "a//b", "a/b/c/d/e", "a\nb", "-a", "x" * 101]
)
def test_a_name_cannot_leave_the_folder(workbench: Workbench, name: str) -> None:
    with pytest.raises(
        RunError, match="is not the name of a run; expected a name such as lesson/cnn"
    ) as error:
        workbench.run(name)
    assert "\n" not in str(error.value)


def test_an_artifact_is_exported_once_and_again_after_another_training(
    workbench: Workbench, mnist: Dataset
) -> None:
    first = workbench.artifact(FINISHED)
    assert workbench.artifact(FINISHED) is first
    assert workbench.artifact(SHIPPED).onnx == Recognizer().artifact.onnx
    os.utime(workbench.runs / FINISHED / "model.safetensors", (1, 1))  # as if trained again
    assert workbench.artifact(FINISHED) is not first
    shutil.rmtree(workbench.runs / FINISHED)
    with pytest.raises(InklabError, match=r"is not a run|is no run"):
        workbench.artifact(FINISHED)
    Run.create(workbench.runs / FINISHED, RECIPE, mnist)
    with pytest.raises(RunError, match="train --resume"):
        workbench.artifact(FINISHED)
