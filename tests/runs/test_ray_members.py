"""Ensemble members on Ray: a cluster of two nodes, killed workers, and equal results without Ray."""

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
import typer
from numpy.testing import assert_array_equal
from ray.cluster_utils import Cluster

from inklab.cli.main import main
from inklab.data import Dataset
from inklab.errors import InklabError, RunError, TrainingError
from inklab.models import predict_logits
from inklab.runs import Run, prepare_ray, ray_members, unfinished_trainings
from inklab.runs.ray_members import RayTraining
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
    with ray_members.ray_connection():
        yield


@pytest.fixture(scope="module")
def in_turn(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The committee, trained in turn; look, don't touch."""
    return train(Run.create(tmp_path_factory.mktemp("in-turn") / "run", RECIPE, small), small)


def train(run: Run, data: Dataset, *, until: tuple[str, int] | None = None) -> Run:
    """Train a committee in turn, to its end or until this step of the member of this name."""
    for part, training in unfinished_trainings(run, data):
        for progress in part.train(training):
            if (part.path.name, progress.step) == until:
                training.stop()
    return run


def worker_of(line: str) -> int:
    """Return the process that a line such as `member 01: on host, process 123` names."""
    return int(line.rpartition(" ")[2])


def assert_same(mine: Run, other: Run, data: Dataset) -> None:
    for member, expected in zip(mine.members, other.members, strict=True):
        weights = [run.path / "model.safetensors" for run in (member, expected)]
        assert weights[0].read_bytes() == weights[1].read_bytes()
        assert {path.name for path in member.path.iterdir()} == {
            path.name for path in expected.path.iterdir()
        }
        steps = [[progress.step for progress in run.progress()] for run in (member, expected)]
        assert steps[0] == steps[1]
    mine_logits, expected_logits = (
        predict_logits(run.load_model(), data.test.images) for run in (mine, other)
    )
    assert_array_equal(mine_logits, expected_logits)


@pytest.mark.usefixtures("_joined")
class TestJoined:
    """A process that has joined the ray_members."""

    def test_a_killed_worker_is_replaced_and_the_results_equal_those_without_ray(
        self, small: Dataset, in_turn: Run, tmp_path: Path
    ) -> None:
        run = train(Run.create(tmp_path / "run", RECIPE, small), small, until=("01", 8))
        finished = (run.members[0].path / "model.safetensors").stat().st_mtime_ns
        output = []
        assert len(ray.nodes()) == 2
        for line in RayTraining(run, small):
            name, _, words = line.partition(": ")
            assert name != "member 00", "it was finished"
            if name == "member 01":
                output.append(words)
                if len(output) == 2:
                    os.kill(worker_of(output[0]), signal.SIGKILL)
        lost = output.index(
            "its worker was lost (WorkerCrashedError); another worker resumes from the last checkpoint"
        )
        assert output[0] != output[lost + 1], "another process"
        assert output[1].startswith("step 8, ")
        assert output[lost + 2] == output[1]
        assert output[-1] == "finished"
        assert (run.members[0].path / "model.safetensors").stat().st_mtime_ns == finished
        assert_same(run, in_turn, small)

    def test_a_member_that_loses_many_workers_fails(
        self, small: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ray_members, "MAX_ATTEMPTS", 2)
        run = Run.create(tmp_path / "run", replace(RECIPE, members=RECIPE.members[:1]), small)
        message = (
            r"00: its worker was lost \(WorkerCrashedError\) 2 times; check that the machines have enough"
        )
        with pytest.raises(RunError, match=message):
            for line in RayTraining(run, small):
                if ": on " in line:
                    os.kill(worker_of(line), signal.SIGKILL)

    def test_a_failed_training_raises_here_and_stops_the_others(self, small: Dataset, tmp_path: Path) -> None:
        run = Run.create(tmp_path / "run", replace(RECIPE, learning_rate=1e30, schedule="constant"), small)
        members = RayTraining(run, small)
        with pytest.raises(TrainingError, match="the loss is no longer a number"):
            list(members)
        assert run.failure.startswith("the loss is no longer a number")
        with run.members[2].lock(), pytest.raises(RunError, match=r"^another process is at work in .*/02; "):
            list(members)
        assert not any(member.is_finished for member in run.members)

    def test_a_damaged_checkpoint_is_named_by_its_local_path(self, small: Dataset, tmp_path: Path) -> None:
        run = Run.create(tmp_path / "run", replace(RECIPE, members=RECIPE.members[:1]), small)
        first = run.members[0].path
        (first / "checkpoint").mkdir(parents=True)
        (first / "checkpoint/state.safetensors").write_bytes(b"nothing")
        (first / "recipe.json").write_bytes((run.path / "recipe.json").read_bytes())
        with pytest.raises(RunError, match=rf"^{first}/checkpoint/state\.safetensors cannot be read"):
            list(RayTraining(run, small))

    def test_a_stop_that_is_requested_in_the_folder(self, small: Dataset, tmp_path: Path) -> None:
        run = Run.create(tmp_path / "run", replace(RECIPE, members=RECIPE.members[:1]), small)
        for line in RayTraining(run, small):
            if line.startswith("member 00: step 8,"):
                run.request_stop()
            time.sleep(0.2)  # a worker waits for its reader, so that it is stopped half-way
        assert line.startswith("member 00: stopped at step ")
        assert (run.members[0].path / "checkpoint/state.safetensors").exists()
        output = list(RayTraining(run, small))
        assert output[-1] == "member 00: finished", "the request is forgotten"

    def test_a_member_that_has_not_started_is_canceled(
        self, small: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cancel = ray.cancel

        def lost(stream: object, *, force: bool = False) -> None:  # now and then Ray loses a request
            if force:
                cancel(stream, force=True)

        monkeypatch.setattr(ray, "cancel", lost)
        members = RayTraining(Run.create(tmp_path / "run", RECIPE, small), small)
        at_work = set()
        for line in members:
            assert not members._is_stopping or line.split(": ")[0] in at_work
            at_work.add(line.split(": ")[0])
            members.stop()
            time.sleep(0.2)  # a worker waits for its reader, so that it is stopped half-way
        assert len(at_work) == 1
        assert ": stopped at step " in line

    def test_a_single_network_on_ray(self, small: Dataset, tmp_path: Path) -> None:
        alone, there = (Run.create(tmp_path / name, RECIPE.member(0), small) for name in ("alone", "there"))
        train(alone, small)
        output = [line.split(",")[0] for line in RayTraining(there, small)]
        assert output[1:4] == ["step 0", "step 4", "step 8"]
        mine, expected = (run.path / "model.safetensors" for run in (there, alone))
        assert mine.read_bytes() == expected.read_bytes()


@pytest.mark.usefixtures("_two_nodes")
def test_the_command_stops_at_ctrl_c_and_resumes(
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
    echo = typer.echo
    lines_so_far = []

    def interrupt(line: str, *, err: bool = False) -> None:
        echo(line, err=err)
        lines_so_far.append(line)
        if line.startswith("member 01: step 8,"):
            os.kill(os.getpid(), signal.SIGINT)
        if any(": step 8," in line for line in lines_so_far):
            time.sleep(0.1)  # a worker waits for its reader, so that it is stopped half-way

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as stop:
        patch.setattr(typer, "echo", interrupt)
        main(["train", "three", "--workers", "ray"])
    assert stop.value.code == 1
    *lines, last = capsys.readouterr().err.splitlines()
    assert last == "inklab: stopped; resume with: inklab train --resume runs/three --workers ray"
    assert any(line.startswith("member 01: stopped at step ") for line in lines)

    killed: list[int] = []

    def kill(line: str, *, err: bool = False) -> None:
        echo(line, err=err)
        if line.startswith("member 02: on ") and not killed:
            killed.append(worker_of(line))
            os.kill(killed[0], signal.SIGKILL)

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as stop:
        patch.setattr(typer, "echo", kill)
        main(["train", "--resume", "runs/three", "--workers", "ray", "--json"])
    captured = capsys.readouterr()
    assert stop.value.code == 0, captured.err
    assert "member 02: its worker was lost" in captured.err
    assert [member["step"] for member in json.loads(captured.out)["members"]] == [60, 60, 60]
    assert "member 01: step 0" not in captured.err
    assert all(line.startswith("member 0") for line in captured.err.splitlines()), "Ray keeps quiet"
    assert_same(Run.open(Path("runs/three")), in_turn, small)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "ray://127.0.0.1:1", "127.0.0.1:many"])
def test_an_address_without_a_cluster(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    message = f"^no Ray cluster answers at RAY_ADDRESS, {address}; expected host:port"
    with pytest.raises(InklabError, match=message), ray_members.ray_connection():
        pass


def test_ray_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def timed_out(_address: str, **_options: object) -> None:
        raise Exception("The current node timed out during startup.")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", timed_out)
    message = "^Ray does not start here; try again when the machine is less busy, or without --workers$"
    with pytest.raises(InklabError, match=message), ray_members.ray_connection():
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
def test_the_resources_of_a_member(
    nodes: list[dict[str, float]], needs: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [{"Alive": True, "Resources": node} for node in nodes]
    gone = {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}}
    monkeypatch.setattr(ray, "nodes", lambda: [*there, gone])
    assert ray_members._resources(8) == needs


def test_without_ray_a_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemExit) as stop:
        main(["train", "mcdnn", "--workers", "ray"])
    assert stop.value.code == 1
    assert (
        capsys.readouterr().err
        == "inklab: ray is not installed; install it with: pip install 'inklab[scale]'\n"
    )
    assert list(tmp_path.iterdir()) == []
