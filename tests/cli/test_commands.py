"""The commands: exit codes, stdout and stderr, and one line for every error."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_runner import Command, CommandResult, command_runner
from PIL import Image

from inklab.data import Dataset, write_idx
from inklab.training import find_recipe


@pytest.fixture
def inklab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)
    return command_runner(capsys)


@pytest.fixture
def digits(tmp_path: Path, mnist: Dataset) -> str:
    """A small folder of IDX files."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for name, split in (("train", mnist.train[:240]), ("t10k", mnist.test[:60])):
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", split.images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", split.labels.astype(np.uint8))
    return str(folder)


def test_train_evaluate_inspect(inklab: Command, digits: str) -> None:
    options = (
        "--steps",
        "20",
        "--batch-size",
        "10",
        "--option",
        "dropout=0.2",
        "--seed",
        "3",
        "--data",
        digits,
    )
    trained = inklab("train", "lesson-cnn", "--log-every", "10", *options)
    assert trained.code == 0
    assert [line.split(",")[0] for line in trained.err.splitlines()] == ["step 0", "step 10", "step 20"]
    assert (
        trained.out.splitlines()[-1]
        == "Next: inklab evaluate runs/lesson-cnn, inklab inspect runs/lesson-cnn, "
        "inklab export runs/lesson-cnn"
    )
    recipe = json.loads(Path("runs/lesson-cnn/recipe.json").read_text())["recipe"]
    assert (recipe["steps"], recipe["network_options"], recipe["seed"]) == (20, {"dropout": 0.2}, 3)

    report = json.loads(inklab("evaluate", "runs/lesson-cnn", "--json").out)
    assert report["n"] == 60
    assert report["data"] == "digits"
    assert json.loads(Path("runs/lesson-cnn/report.json").read_text()) == report
    valid = inklab("evaluate", "runs/lesson-cnn", "--split", "valid").out
    assert valid.startswith("runs/lesson-cnn on digits, valid:\nAccuracy ")
    assert json.loads(Path("runs/lesson-cnn/report.json").read_text()) == report

    view = json.loads(inklab("inspect", "runs/lesson-cnn", "--image", "5", "--json").out)
    assert all(Path(picture).stat().st_size > 1000 for picture in [*view["pictures"], view["page"]])
    assert sum(view["probabilities"]) == pytest.approx(1)
    output = inklab("inspect", "runs/lesson-cnn").out
    assert "Test image 1 is a 2" in output
    assert Path("runs/lesson-cnn/figures/image-5.png").exists(), (
        "the figures of an image are kept when another is inspected"
    )


def test_export_writes_an_artifact_that_evaluates_like_its_run(inklab: Command, digits: str) -> None:
    options = ("--steps", "100", "--data", digits, "--out", "run")
    assert inklab("train", "lesson-softmax", *options).code == 0
    result = inklab("export", "run")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("run.inklab: ")
    assert result.out.splitlines()[-1].startswith("Next: inklab evaluate run.inklab")
    card = json.loads(inklab("export", "run", "-o", "again.inklab", "--json").out)
    assert Path("again.inklab").read_bytes() == Path("run.inklab").read_bytes()
    assert (card["artifact"], card["name"]) == ("again.inklab", "lesson-softmax")

    report = json.loads(inklab("evaluate", "run", "--json").out)
    measured = json.loads(inklab("evaluate", "run.inklab", "--data", digits, "--json").out)
    assert measured["confusion"] == report["confusion"]
    assert measured["prediction_sets"].keys() == {"0.01", "0.005", "0.001"}
    valid = inklab("evaluate", "run.inklab", "--data", digits, "--split", "valid").out
    assert valid.startswith("run.inklab on digits, valid:\nAccuracy ")
    assert " refused as no digit; " in valid
    assert inklab("evaluate", "run.inklab", "--data", digits, "--split", "all").code == 2, "its own data"
    every = json.loads(inklab("evaluate", "--data", digits, "--split", "all", "--json").out)
    assert every["n"] == 300
    shipped = inklab("evaluate", "--data", digits).out
    assert shipped.startswith("The included network on digits, test:\nAccuracy ")


def test_export_int8(inklab: Command, digits: str) -> None:
    small = ("--option", "width=2", "--steps", "10", "--log-every", "10", "--data", digits)
    assert inklab("train", "fast-99", *small, "--out", "run").code == 0
    bits = [json.loads(inklab("export", "run", "--json", *more).out)["metrics"]["network"]["bits"]
            for more in ((), ("--int8",))]  # fmt: skip
    assert bits == [32, 8]
    assert inklab("train", "lesson-softmax", "--steps", "1", "--data", digits, "--out", "flat").code == 0
    refused = inklab("export", "flat", "--int8")
    assert (refused.code, refused.out, Path("flat.inklab").exists()) == (1, "", False)
    assert "no convolution" in refused.err


def test_an_ensemble_is_trained_member_by_member(
    inklab: Command, digits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    committee = replace(find_recipe("fast-99"), name="two", members=({"width": 2}, {"width": 3}))
    monkeypatch.setattr("inklab.training.recipes.RECIPES", {"two": committee})
    options = ("--steps", "4", "--batch-size", "10", "--log-every", "2", "--data", digits)
    trained = inklab("train", "two", *options)
    assert trained.code == 0, trained.err
    assert [line.split(",")[0] for line in trained.err.splitlines()] == ["step 0", "step 2", "step 4"] * 2
    assert trained.out.startswith("runs/two: 2 members, trained in ")
    assert json.loads(inklab("evaluate", "runs/two", "--json").out)["n"] == 60
    view = json.loads(inklab("inspect", "runs/two", "--json").out)
    assert "runs/two/figures/ensemble.png" in view["pictures"]
    again = inklab("train", "--resume", "runs/two")
    assert again.err == "inklab: runs/two is finished; evaluate it with `inklab evaluate runs/two`\n"
    assert len(json.loads(inklab("train", "two", *options, "--json").out)["members"]) == 2
    for lost in ("members/00/metrics.jsonl", "members/01/model.safetensors"):
        Path("runs/two", lost).unlink()
    resumed = inklab("train", "--resume", "runs/two")
    assert resumed.code == 0, resumed.err
    assert resumed.out.startswith("runs/two: 2 members, trained in ")
    Path("runs/two/members/01/model.safetensors").unlink()
    ended = json.loads(inklab("train", "--resume", "runs/two", "--json").out)["members"]
    assert (ended[0], ended[1]["step"]) == (None, 4)
    useless = inklab("train", "two", "--option", "width=4")
    assert useless.code == 1
    assert useless.err == "inklab: the members of two differ in their width; remove --option width\n"


def test_an_option_that_members_set_themselves_is_refused(inklab: Command) -> None:
    result = inklab("train", "committee", "--option", "digit_width=14")
    assert result.code == 1
    assert result.err == (
        "inklab: the members of committee differ in their digit_width; remove --option digit_width\n"
    )


@pytest.mark.parametrize(
    "changes",
    [{"network": "softmax-regression", "network_options": {}}, {"members": ({"width": 2}, {"width": 3})}],
)
def test_a_network_with_an_eleventh_class_is_evaluated_on_ten_digits(
    changes: dict[str, Any], inklab: Command, digits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wary = replace(find_recipe("fast-99"), name="wary", negatives_per_epoch=30, **changes)
    monkeypatch.setattr("inklab.training.recipes.RECIPES", {"wary": wary})
    for seed in ("1", "2"):
        options = ("--steps", "20", "--batch-size", "20", "--seed", seed, "--out", seed, "--data", digits)
        assert inklab("train", "wary", *options).code == 0
    report = json.loads(inklab("evaluate", "1", "--json").out)
    assert np.array(report["confusion"]).shape == (10, 10)
    view = json.loads(inklab("inspect", "1", "--json").out)
    assert len(view["probabilities"]) == 10
    assert sum(view["probabilities"]) == pytest.approx(1)
    compared = json.loads(inklab("compare", "1", "2", "--json").out)
    assert compared["accuracy"][0] == pytest.approx(report["accuracy"])


def test_json_is_one_document_on_stdout(inklab: Command, digits: str) -> None:
    trained = inklab("train", "lesson-softmax", "--steps", "5", "--data", digits, "--json")
    assert json.loads(trained.out)["step"] == 5
    assert json.loads(inklab("data", digits, "--json").out)["digits"]["test"][7] > 0
    assert json.loads(inklab("recipes", "--json").out)[0]["name"] == "lesson-softmax"
    assert all(check["ok"] for check in json.loads(inklab("doctor", "--json").out))


def test_ctrl_c_before_training_is_one_line(inklab: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_source: str) -> Dataset:
        raise KeyboardInterrupt

    monkeypatch.setattr("inklab.data.load.load_data", interrupted)
    result = inklab("train", "lesson-softmax")
    assert result == CommandResult(
        1, "", "inklab: stopped before training began; run the same command again\n"
    )


def test_changed_data_are_reported(inklab: Command, digits: str, mnist: Dataset) -> None:
    assert inklab("train", "lesson-softmax", "--steps", "2", "--data", digits, "--out", "run").code == 0
    write_idx(Path(digits) / "t10k-images-idx3-ubyte.gz", mnist.test[60:120].images)
    for command in (["evaluate", "run"], ["inspect", "run"]):
        result = inklab(*command)
        assert result.code == 1
        assert result.err.startswith(f"inklab: run was started on other data: {digits} has changed since; ")
    assert inklab("evaluate", "run", "--data", digits).code == 0


def test_eval_every_keeps_its_ratio_to_log_every(inklab: Command, digits: str) -> None:
    options = ("--steps", "4", "--data", digits)
    assert inklab("train", "lesson-cnn", "--log-every", "2", "--out", "one", *options).code == 0
    assert json.loads(Path("one/recipe.json").read_text())["recipe"]["eval_every"] == 10
    assert (
        inklab("train", "lesson-cnn", "--log-every", "2", "--eval-every", "4", "--out", "two", *options).code
        == 0
    )
    assert json.loads(Path("two/recipe.json").read_text())["recipe"]["eval_every"] == 4


def test_an_unexpected_error_is_one_line(inklab: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_source: str) -> None:
        raise KeyError("somewhere deep")

    monkeypatch.setattr("inklab.data.overview.overview", broken)
    result = inklab("data")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("inklab: KeyError: 'somewhere deep'; set INKLAB_TRACEBACK=1 to see where")
    assert result.err.count("\n") == 1


def test_inspect_follows_an_image_or_the_first_of_a_digit(
    inklab: Command, digits: str, mnist: Dataset
) -> None:
    assert inklab("train", "lesson-softmax", "--steps", "2", "--data", digits, "--out", "run").code == 0
    labels = mnist.test.labels[:60]
    for options, index in (((), 1), (("--image", "9"), 9), (("--digit", "9"), int((labels == 9).argmax()))):
        report = json.loads(inklab("inspect", "run", *options, "--json").out)
        assert (report["image"], report["label"]) == (index, labels[index])
    assert inklab("inspect", "run", "--digit", "10").code == 2
    assert inklab("inspect", "run", "--digit", "1", "--image", "1").code == 2
    assert inklab("inspect", "run", "--image", "60").code == 1


def test_evaluate_a_folder_of_four_pictures(inklab: Command, digits: str, mnist: Dataset) -> None:
    for index in range(4):
        folder = Path("mine") / str(mnist.test.labels[index])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mnist.test.images[index]).save(folder / f"{index}.png")
    assert json.loads(inklab("evaluate", "--data", "mine", "--json").out)["n"] == 4
    empty = inklab("evaluate", "--data", "mine", "--split", "valid").err
    assert empty == "inklab: the valid split of mine is empty; use --split test\n"
    assert inklab("train", "lesson-softmax", "--steps", "2", "--data", digits, "--out", "run").code == 0
    assert json.loads(inklab("evaluate", "run", "--data", "mine", "--json").out)["n"] == 4
    assert not Path("run/report.json").exists(), "a report of other data is not the run's own"


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["trian", "lesson-cnn"], "Did you mean 'train'?"),
        (["train", "lesson-cnn", "--step", "3"], "--steps"),
        (["train", "leson-cnn"], "did you mean lesson-cnn"),
        (["train", "lesson-cnn", "--option", "drop=0.5"], "lesson-cnn has no option drop; it has dropout"),
    ],
)
def test_a_mistyped_name_gets_a_suggestion(inklab: Command, arguments: list[str], suggestion: str) -> None:
    assert suggestion in inklab(*arguments).err


def test_the_shell_completes_commands_and_recipes() -> None:
    for words, index, expected in (("inklab rec", 1, "recipes"), ("inklab train fast-99.", 2, "fast-99.5")):
        environment = {"_INKLAB_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(index)}
        command = [sys.executable, "-m", "inklab"]
        process = subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        assert process.stdout.split() == [expected], process.stderr


def test_the_version(inklab: Command) -> None:
    assert inklab("--version").out == f"inklab {version('inklab')}\n"


def test_recipes_and_data_as_text(inklab: Command) -> None:
    listed = [line.split() for line in inklab("recipes").out.splitlines()]
    assert ["lesson-cnn-full", "3,274,634", "0.80%"] in [words[:3] for words in listed]
    assert "train     55,000" in inklab("data").out


def test_compare_tells_skill_from_chance(inklab: Command, digits: str) -> None:
    for name, steps in (("long", "100"), ("short", "1")):
        inklab("train", "lesson-softmax", "--steps", steps, "--data", digits, "--out", name)
    rights = [60 - json.loads(inklab("evaluate", name, "--json").out)["errors"] for name in ("long", "short")]
    result = json.loads(inklab("compare", "long", "short", "--json").out)
    assert result["accuracy"] == [right / 60 for right in rights]
    assert result["only_first"] - result["only_second"] == rights[0] - rights[1] > 0
    assert result["p_value"] < 0.05
    verdict = inklab("compare", "long", "short").out.splitlines()[-1]
    assert verdict.startswith("long is better than short: ")
    result = inklab("compare", "long", "long").out.splitlines()
    assert "within chance" in result[-1]
    assert result[2].endswith("on 0 images, the second alone on 0; McNemar's exact test gives p = 1.")
    assert inklab("compare", "long", "nowhere").err.startswith("inklab: nowhere is not a run")


def test_a_new_run_never_overwrites_another(inklab: Command, digits: str) -> None:
    for expected in ("lesson-softmax", "lesson-softmax-2", "lesson-softmax-3"):
        trained = inklab("train", "lesson-softmax", "--steps", "2", "--data", digits)
        assert trained.out.startswith(f"runs/{expected}: step 2, ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nothing"], "there is no recipe 'nothing'; choose one of lesson-softmax"),
        (["train", "lesson-cnn", "--option", "dropout=2"], "dropout is 2; expected a fraction"),
        (["train", "lesson-cnn", "--option", "width=2"], "lesson-cnn has no option width; it has dropout"),
        (["train", "lesson-cnn", "--steps", "0"], "steps is 0; expected a whole number from 1"),
        (["train", "lesson-cnn", "--learning-rate", "nan"], "learning_rate is nan; expected a positive"),
        (["train", "lesson-cnn", "--optimizer", "newton"], "optimizer is 'newton'; expected one of sgd"),
        (["train", "lesson-softmax", "--out", "full"], "full is not empty; choose another name"),
        (["train", "lesson-softmax", "--out", "full/file/run"], "cannot make the folder full/file/run"),
        (["train", "lesson-cnn", "--data", ""], "there is no data set or folder ''"),
        (["train", "--resume", "full"], "full is not a run: it has no recipe.json"),
        (["train", "lesson-cnn", "--data", "nowhere"], "there is no data set or folder 'nowhere'"),
        (["evaluate", "nowhere"], "nowhere does not exist; expected the folder of a run, or a file of"),
        (["evaluate", "full"], "full is not a run: it has no recipe.json"),
        (["export", "nowhere"], "nowhere is not a run: it does not exist; `inklab train` creates runs"),
        (["evaluate", "full/file"], "full/file: it is damaged or not an artifact"),
        (["export", "full"], "full is not a run"),
        (["inspect", "full/file"], "full/file is not a run"),
        (["lesson", "--resume", "full"], "full has no lesson.json; start a lesson"),
        (["lesson", "--out", "full"], "full is not empty"),
        (["lesson", "--data", "nowhere"], "there is no data set or folder 'nowhere'"),
        (["data", "full"], "full"),
    ],
)
def test_a_user_error_is_one_line(inklab: Command, arguments: list[str], message: str) -> None:
    Path("full").mkdir()
    Path("full/file").write_text("kept")
    result = inklab(*arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"inklab: {message}")
    assert result.err.count("\n") == 1
    assert Path("full/file").read_text() == "kept"
    assert [path.name for path in Path().iterdir()] == ["full"], "an error leaves nothing behind"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["train"],
        ["train", "lesson-cnn", "--resume", "runs/x"],
        ["train", "lesson-cnn", "--steps", "many"],
        ["train", "lesson-cnn", "--option", "dropout"],
        ["train", "lesson-cnn", "--momentum", "0.5"],
        ["lesson", "--full", "--resume", "runs/lesson"],
        ["evaluate", "--split", "all"],
        ["evaluate", ".", "--split", "all"],
    ],
)
def test_wrong_usage_exits_with_2(inklab: Command, arguments: list[str]) -> None:
    result = inklab(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: ")


def test_a_missing_extra_is_one_line(inklab: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith(("inklab.models", "inklab.training"))]:
        monkeypatch.delitem(sys.modules, name)
    result = inklab("train", "lesson-softmax")
    assert result.code == 1
    assert result.err == "inklab: torch is not installed; install it with: pip install 'inklab[learn]'\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_run_that_resumes_to_the_same_bits(
    inklab: Command, digits: str, number: signal.Signals
) -> None:
    options = ["train", "lesson-cnn", "--steps", "60", "--batch-size", "8", "--log-every", "4"]
    options += ["--eval-every", "20", "--data", digits]
    assert inklab(*options, "--out", "whole").code == 0
    command = [sys.executable, "-c", "from inklab.cli.main import main; main()", *options, "--out", "stopped"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "step 12," not in process.stderr.readline():
        time.sleep(0)
    process.send_signal(number)
    *_, last = process.communicate(timeout=60)[1].splitlines()
    assert process.returncode == 1
    assert last.startswith("inklab: stopped at step ")
    assert last.endswith("resume with: inklab train --resume stopped")
    resumed = inklab("train", "--resume", "stopped")
    assert resumed.code == 0, resumed.err
    assert Path("stopped/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()


def test_a_closed_pipe_is_no_error() -> None:
    code = "from inklab.cli.main import main; main(['data'])"
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert process.stderr == ""
