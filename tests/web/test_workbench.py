"""The workbench: runs by their names, which stay in their folder, and what is made once and kept."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from web_visits import FINISHED, RECIPE

from inklab.data import Dataset
from inklab.errors import InklabError, RunError
from inklab.recognition import Recognizer
from inklab.runs import Run
from inklab.web import SHIPPED, Workbench
from inklab.web.workbench import Cache


def copy(workbench: Workbench, name: str) -> Path:
    return Path(shutil.copytree(workbench.runs / FINISHED, workbench.runs / name))


def test_runs_within_runs_are_found_the_newest_first(workbench: Workbench) -> None:
    for name in ("lesson/cnn", "committee/columns/00"):
        time.sleep(0.02)  # files of one moment have no order
        (copy(workbench, name) / "recipe.json").touch()
    names = [workbench.name_of(run) for run in workbench.runs_found()]
    assert names == ["committee/columns/00", "lesson/cnn", FINISHED]
    assert [workbench.run(name).recipe for name in names] == [RECIPE] * 3


def test_what_is_damaged_is_left_out(workbench: Workbench) -> None:
    (copy(workbench, "damaged") / "recipe.json").write_text("{", encoding="utf-8")
    assert [workbench.name_of(run) for run in workbench.runs_found()] == [FINISHED]
    assert Workbench(runs=workbench.runs / "none", drawings=workbench.drawings).runs_found() == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../../x", "/etc", "a//b", "a/b/c/d/e", "a\nb", "-a", "x" * 101]
)
def test_a_name_cannot_leave_the_folder(workbench: Workbench, name: str) -> None:
    with pytest.raises(RunError, match="is no name of a run; expected one like lesson/cnn") as refusal:
        workbench.run(name)
    assert "\n" not in str(refusal.value)


def test_an_artifact_is_made_once_and_anew_for_another_run_of_its_name(
    workbench: Workbench, mnist: Dataset
) -> None:
    first = workbench.artifact(FINISHED)
    assert workbench.artifact(FINISHED) is first
    assert workbench.artifact(SHIPPED).onnx == Recognizer().artifact.onnx
    os.utime(workbench.runs / FINISHED / "model.safetensors", (1, 1))  # as if its weights were others now
    assert workbench.artifact(FINISHED) is not first
    shutil.rmtree(workbench.runs / FINISHED)
    with pytest.raises(InklabError, match="is no run"):
        workbench.artifact(FINISHED)
    Run.create(workbench.runs / FINISHED, RECIPE, mnist)
    with pytest.raises(RunError, match="its training has not ended"):
        workbench.artifact(FINISHED)


def test_a_cache_makes_each_value_once_and_keeps_only_the_last() -> None:
    cache, made = Cache[int](2), []

    def make(key: int) -> int:
        time.sleep(0.001)
        made.append(key)
        return key

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: cache.get(key, lambda: make(key)), [1, 2] * 20))
    assert (found, sorted(made)) == ([1, 2] * 20, [1, 2])
    for key in (3, 2, 1):
        cache.get(key, lambda key=key: make(key))  # type: ignore[misc]
    assert made[2:] == [3, 1]


def test_who_asks_for_what_is_there_waits_for_nobody_and_a_failure_is_not_kept() -> None:
    cache, go_on = Cache[int](2), Event()

    def slow() -> int:
        go_on.wait()
        raise RunError("damaged")

    assert cache.get("there", lambda: 1) == 1
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(cache.get, "slow", slow) for _ in range(2)]
        assert cache.get("there", lambda: 2) == 1
        go_on.set()
        for one in waiting:
            with pytest.raises(RunError, match="damaged"):
                one.result()
    assert cache.get("slow", lambda: 3) == 3
