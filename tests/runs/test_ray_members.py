"""Columns on Ray: a cluster of two nodes, workers that are killed, and the bits of training in turn."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import ray
from numpy.testing import assert_array_equal
from ray.cluster_utils import Cluster

from inklab.cli import console as terminal
from inklab.cli.main import main
from inklab.data import Dataset
from inklab.errors import InklabError, RunError, TrainingError
from inklab.models import predict_logits
from inklab.runs import Run, prepare_ray, unfinished_trainings
from inklab.runs import ray_members as cluster
from inklab.runs.ray_members import RayColumns
from inklab.training import find_recipe

pytestmark = [pytest.mark.usefixtures("one_thread")]

RECIPE = replace(
    find_recipe("fast-99", steps=60, batch_size=10, log_every=4, eval_every=20),
    members=({"width": 2}, {"width": 3}, {"width": 4}),
)


@pytest.fixture(scope="module")
def small(mnist: Dataset) -> Dataset:
    return replace(mnist, train=mnist.train[:200], valid=mnist.valid[:50], test=mnist.test[:60])


@pytest.fixture(scope="module")
def _two_nodes() -> Iterator[None]:
    """RAY_ADDRESS of a cluster of two nodes with one core each."""
    prepare_ray()
    memory = 80 * 2**20
    with (
        TemporaryDirectory(prefix="inklab-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_TMPDIR", folder)
        Path(folder, "ray").mkdir()  # where Ray notes the address of a cluster; it takes the folder as given
        head = {"num_cpus": 1, "object_store_memory": memory, "include_dashboard": False, "temp_dir": folder}
        nodes = Cluster(initialize_head=True, head_node_args=head)
        nodes.add_node(num_cpus=1, object_store_memory=memory)
        patch.setenv("RAY_ADDRESS", nodes.address)
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
        nodes.shutdown()


@pytest.fixture(scope="class")
def _joined(_two_nodes: None) -> Iterator[None]:
    with cluster.connected():
        yield


@pytest.fixture(scope="module")
def in_turn(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The committee, trained in turn; look, don't touch."""
    return train(Run.create(tmp_path_factory.mktemp("in-turn") / "run", RECIPE, small), small)


def train(run: Run, data: Dataset, *, until: tuple[str, int] | None = None) -> Run:
    """Train a committee in turn, to its end or until this step of the column of this name."""
    for part, training in unfinished_trainings(run, data):
        for progress in part.train(training):
            if (part.path.name, progress.step) == until:
                training.stop()
    return run


def worker_of(line: str) -> int:
    """Return the process that a line such as `column 01: on host, process 123` names."""
    return int(line.rpartition(" ")[2])


def assert_same(mine: Run, other: Run, data: Dataset) -> None:
    for column, expected in zip(mine.members, other.members, strict=True):
        weights = [run.path / "model.safetensors" for run in (column, expected)]
        assert weights[0].read_bytes() == weights[1].read_bytes()
        assert {path.name for path in column.path.iterdir()} == {
            path.name for path in expected.path.iterdir()
        }
        steps = [[one.step for one in run.progress()] for run in (column, expected)]
        assert steps[0] == steps[1]
    mine_logits, expected_logits = (
        predict_logits(run.load_model(), data.test.images) for run in (mine, other)
    )
    assert_array_equal(mine_logits, expected_logits)


@pytest.mark.usefixtures("_joined")
class TestJoined:
    """A process that has joined the cluster."""

    def test_killed_half_way_the_vote_is_that_of_columns_trained_in_turn(
        self, small: Dataset, in_turn: Run, tmp_path: Path
    ) -> None:
        run = train(Run.create(tmp_path / "run", RECIPE, small), small, until=("01", 8))
        finished = (run.members[0].path / "model.safetensors").stat().st_mtime_ns
        told = []
        assert len(ray.nodes()) == 2
        for line in RayColumns(run, small):
            name, _, words = line.partition(": ")
            assert name != "column 00", "it was finished"
            if name == "column 01":
                told.append(words)
                if len(told) == 2:
                    os.kill(worker_of(told[0]), signal.SIGKILL)
        lost = told.index(
            "its worker was lost (WorkerCrashedError), another goes on from the last checkpoint that was sent"
        )
        assert told[0] != told[lost + 1], "another process"
        assert told[1].startswith("step 8, ")
        assert told[lost + 2] == told[1]
        assert told[-1] == "finished"
        assert (run.members[0].path / "model.safetensors").stat().st_mtime_ns == finished
        assert_same(run, in_turn, small)

    def test_a_column_that_loses_worker_after_worker_is_given_up(
        self, small: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cluster, "ATTEMPTS", 2)
        run = Run.create(tmp_path / "run", replace(RECIPE, members=RECIPE.members[:1]), small)
        message = (
            r"00: its worker was lost \(WorkerCrashedError\) 2 times; see whether the machines have memory"
        )
        with pytest.raises(RunError, match=message):
            for line in RayColumns(run, small):
                if ": on " in line:
                    os.kill(worker_of(line), signal.SIGKILL)

    def test_what_training_raises_is_raised_here_and_stops_the_others(
        self, small: Dataset, tmp_path: Path
    ) -> None:
        run = Run.create(tmp_path / "run", replace(RECIPE, learning_rate=1e30, schedule="constant"), small)
        columns = RayColumns(run, small)
        with pytest.raises(TrainingError, match="the loss is no longer a number"):
            list(columns)
        assert run.failure.startswith("the loss is no longer a number")
        with run.members[2].lock(), pytest.raises(RunError, match=r"^another process is at work in .*/02; "):
            list(columns)
        assert not any(column.is_finished for column in run.members)

    def test_a_damaged_checkpoint_is_told_by_where_it_lies_here(self, small: Dataset, tmp_path: Path) -> None:
        run = Run.create(tmp_path / "run", replace(RECIPE, members=RECIPE.members[:1]), small)
        first = run.members[0].path
        (first / "checkpoint").mkdir(parents=True)
        (first / "checkpoint/state.safetensors").write_bytes(b"nothing")
        (first / "recipe.json").write_bytes((run.path / "recipe.json").read_bytes())
        with pytest.raises(RunError, match=rf"^{first}/checkpoint/state\.safetensors cannot be read"):
            list(RayColumns(run, small))

    def test_a_stop_that_is_asked_for_in_the_folder_is_seen(self, small: Dataset, tmp_path: Path) -> None:
        run = Run.create(tmp_path / "run", replace(RECIPE, members=RECIPE.members[:1]), small)
        for line in RayColumns(run, small):
            if line.startswith("column 00: step 8,"):
                run.request_stop()
            time.sleep(0.2)  # a worker waits for its reader, so that it is stopped half-way
        assert line.startswith("column 00: stopped at step ")
        assert (run.members[0].path / "checkpoint/state.safetensors").exists()
        told = list(RayColumns(run, small))
        assert told[-1] == "column 00: finished", "the request is forgotten"

    def test_a_column_that_has_not_begun_is_not_waited_for(
        self, small: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cancel = ray.cancel

        def lost(stream: object, *, force: bool = False) -> None:  # now and then Ray loses a request
            if force:
                cancel(stream, force=True)

        monkeypatch.setattr(ray, "cancel", lost)
        columns = RayColumns(Run.create(tmp_path / "run", RECIPE, small), small)
        at_work = set()
        for line in columns:
            assert not columns._stopping or line.split(": ")[0] in at_work
            at_work.add(line.split(": ")[0])
            columns.stop()
            time.sleep(0.2)  # a worker waits for its reader, so that it is stopped half-way
        assert len(at_work) == 1
        assert ": stopped at step " in line

    def test_one_network_is_trained_on_ray_too(self, small: Dataset, tmp_path: Path) -> None:
        alone, there = (Run.create(tmp_path / name, RECIPE.member(0), small) for name in ("alone", "there"))
        train(alone, small)
        told = [line.split(",")[0] for line in RayColumns(there, small)]
        assert told[1:4] == ["step 0", "step 4", "step 8"]
        mine, expected = (run.path / "model.safetensors" for run in (there, alone))
        assert mine.read_bytes() == expected.read_bytes()


@pytest.mark.usefixtures("_two_nodes")
def test_the_command_is_stopped_by_ctrl_c_and_goes_on(
    small: Dataset,
    in_turn: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("inklab.training.recipes.RECIPES", {"three": replace(RECIPE, name="three")})
    for load in ("inklab.data.load.load_data", "inklab.runs.run.load_data"):
        monkeypatch.setattr(load, lambda _source: small)
    speak = terminal.say
    heard = []

    def say(line: str = "", *, to_stderr: bool = False) -> None:
        speak(line, to_stderr=to_stderr)
        heard.append(line)
        if line.startswith("column 01: step 8,"):
            os.kill(os.getpid(), signal.SIGINT)
        if any(": step 8," in line for line in heard):
            time.sleep(0.1)  # a worker waits for its reader, so that it is stopped half-way

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as stop:
        patch.setattr(terminal, "say", say)
        main(["train", "three", "--workers", "ray"])
    assert stop.value.code == 1
    *lines, last = capsys.readouterr().err.splitlines()
    assert last == "inklab: stopped; go on with: inklab train --resume runs/three --workers ray"
    assert any(line.startswith("column 01: stopped at step ") for line in lines)

    killed: list[int] = []

    def kill(line: str = "", *, to_stderr: bool = False) -> None:
        speak(line, to_stderr=to_stderr)
        if line.startswith("column 02: on ") and not killed:
            killed.append(worker_of(line))
            os.kill(killed[0], signal.SIGKILL)

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as stop:
        patch.setattr(terminal, "say", kill)
        main(["train", "--resume", "runs/three", "--workers", "ray", "--json"])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    assert "column 02: its worker was lost" in said.err
    assert [column["step"] for column in json.loads(said.out)["columns"]] == [60, 60, 60]
    assert "column 01: step 0" not in said.err
    assert all(line.startswith("column 0") for line in said.err.splitlines()), "Ray keeps quiet"
    assert_same(Run.open(Path("runs/three")), in_turn, small)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "ray://127.0.0.1:1", "127.0.0.1:many"])
def test_a_cluster_that_is_not_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    message = f"^no Ray cluster answers at RAY_ADDRESS, {address}; expected host:port"
    with pytest.raises(InklabError, match=message), cluster.connected():
        pass


def test_a_ray_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def timed_out(_address: str, **_options: object) -> None:
        raise Exception("The current node timed out during startup.")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", timed_out)
    message = "^Ray does not start on this machine; try again when it is less busy, or without --workers$"
    with pytest.raises(InklabError, match=message), cluster.connected():
        pass


@pytest.mark.parametrize(
    ("nodes", "needs"),
    [
        ([{"CPU": 4.0}, {"CPU": 16.0}], {"num_cpus": 8}),
        ([{"CPU": 4.0}, {}], {"num_cpus": 4}),  # 8 would never be found
        ([{}], {"num_cpus": 1}),
        ([{"CPU": 16.0}, {"CPU": 8.0, "GPU": 1.0}], {"num_cpus": 1, "num_gpus": 1}),
    ],
)
def test_what_a_column_takes(
    nodes: list[dict[str, float]], needs: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [{"Alive": True, "Resources": node} for node in nodes]
    gone = {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}}
    monkeypatch.setattr(ray, "nodes", lambda: [*there, gone])
    assert cluster._needs(8) == needs


def test_without_ray_a_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemExit) as stop:
        main(["train", "mcdnn", "--workers", "ray"])
    assert stop.value.code == 1
    assert capsys.readouterr().err == "inklab: this needs Ray; install it with: pip install 'inklab[scale]'\n"
    assert list(tmp_path.iterdir()) == []
