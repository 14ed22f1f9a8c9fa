"""The queue: a file of jobs that no kill and no failure of one can lose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError, SettingsError, TrainingError
from cxr_gui.core.base.files import json_text, parse_json
from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.queue import running
from cxr_gui.core.queue.making import make_job, sweep_options, train_options
from cxr_gui.core.queue.queue_file import read_queue_file, reading_of, sweep_arguments, train_config
from cxr_gui.core.queue.queued import Queue, QueuedJob
from cxr_gui.core.queue.running import QueueProgress, run_queue
from cxr_gui.core.training.recipes import RECIPES, TrainConfig
from tests.support.films import touched

NIGHT = """
data = "films"

[[train]]
model = "compact_cnn"
recipe = ["paper", "balanced"]
seed = [0, 1, 2]
epochs = 2

[[sweep]]
attack = ["fgsm", "pgd"]
eps = [0, 0.03]
"""


def write(folder: Path, text: str) -> Path:
    for data in ("films", "d"):
        (folder / data).mkdir()
    (folder / "night.toml").write_text(text, encoding="utf-8")
    return folder / "night.toml"


# -- the file -----------------------------------------------------------------------------------------------


def test_lists_make_a_grid_and_what_is_trained_is_swept(tmp_path: Path) -> None:
    out, jobs = read_queue_file(write(tmp_path, NIGHT))
    assert out == tmp_path / "night"
    trains, sweeps = jobs[:6], jobs[6:]
    assert [job.kind for job in jobs] == ["train"] * 6 + ["sweep"] * 12
    assert len({job.name for job in jobs}) == 18
    assert trains[4].name == "compact_cnn-balanced-seed1"
    config = train_config(trains[4].options)
    assert (config.architecture, config.seed, config.recipe.epochs) == ("compact_cnn", 1, 2)
    assert trains[4].options["data"] == str(tmp_path / "films")
    trained = tmp_path / "night" / "runs" / "compact_cnn-paper-seed1" / "best.safetensors"
    assert sweeps[1].options["classifier"] == str(trained)
    assert sweep_arguments(sweeps[0].options)["epsilons"] == (0.0, 0.015)
    assert {job.options["out"] for job in sweeps} == {
        str(tmp_path / "night/sweeps" / job.name) for job in sweeps
    }


def test_what_else_tells_jobs_apart_is_in_their_names(tmp_path: Path) -> None:
    text = 'data = "d"\n[[train]]\nepochs = [1, 2]\n[[sweep]]\nclassifier = "demo"\nseed = [0, 1]\n'
    _, jobs = read_queue_file(write(tmp_path, text), tmp_path / "out")
    assert [job.name for job in jobs] == [
        "paper_cnn-paper-seed0-epochs-1",
        "paper_cnn-paper-seed0-epochs-2",
        "demo-fgsm-rgb-seed-0",
        "demo-fgsm-rgb-seed-1",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[train]]\n", "which data"),
        ('data = "e"\n[[train]]\n', "not there"),
        ('data = "d"\n[[train]]\nmodle = "x"\n', "modle"),
        ('data = "d"\n[[train]]\nrecipe = "mine.toml"\n', "mine.toml"),
        ('data = "d"\n[[train]]\nmodel = "resnet"\n', "resnet"),
        ('data = "d"\n[[train]]\nrecipe = "papr"\n', "papr"),
        ('data = "d"\n[[train]]\nepochs = "two"\n', "epochs"),
        ('data = "d"\n[[train]]\noptions = {wide = 1}\n', "wide"),
        ('data = "d"\n[[train]]\nreading = {classes = 3}\n', "reading"),
        ('data = "d"\n[[train]]\nseed = "0"\n', "seed"),
        ('data = "d"\n[[train]]\nseed = []\n', "0 jobs"),
        ('data = "d"\n[train]\nseed = 0\n', r"\[\[train\]\]"),
        ('data = "d"\n[[sweep]]\n', "nothing is"),
        ('data = "d"\n[[sweep]]\nclassifier = "nobody"\n', "nobody"),
        ('data = "d"\n[[sweep]]\nclassifier = "demo"\nattack = "pdg"\n', "pdg"),
        ('data = "d"\n[[sweep]]\nclassifier = "demo"\neps = "a"\n', "eps"),
        ('data = "d"\n[[sweep]]\nclassifier = "demo"\nthreat = "rbg"\n', "rbg"),
        ('data = "d"\n[[sweep]]\nclassifier = "demo"\nlimit = "few"\n', "limit"),
        ('data = "d"\n[[sweep]]\nclassifier = "demo"\n[[sweep]]\nclassifier = "demo"\n', "twice"),
        ('date = "d"\n', "date"),
        ("data = ", "no queue"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_first_job(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_queue_file(write(tmp_path, text))


# -- the state ----------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml: cannot be read \(No such file"):
        read_queue_file(tmp_path / "absent.toml")


def jobs(*names: str) -> list[QueuedJob]:
    return [QueuedJob(name, "train", {"seed": number}) for number, name in enumerate(names)]


def test_every_change_is_on_the_disk(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.json")
    for job in jobs("a", "b", "c"):
        queue.add(job)
    queue.move("c", 0)
    queue.update("a", state="running")
    queue.remove("b")
    queue.remove("a")
    read = Queue.read(tmp_path / "queue.json")
    assert [(job.name, job.state) for job in read.jobs] == [("c", "waiting"), ("a", "running")]
    assert read.jobs == queue.jobs
    with pytest.raises(SettingsError, match="already"):
        queue.add(jobs("a")[0])


def test_the_same_jobs_keep_their_state_and_changed_ones_begin(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a", "b"))
    queue.update("a", state="done")
    queue.update("b", state="done")
    again = Queue.read(tmp_path / "queue.json")
    again.take([jobs("a")[0], QueuedJob("b", "train", {"seed": 7}), jobs("c")[0]])
    assert [job.state for job in again.jobs] == ["done", "waiting", "waiting"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": "other"}', '{"format": "cxr-gui queue 1", "jobs": [1]}']
)
def test_what_is_no_queue_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "queue.json").write_text(text)
    with pytest.raises(SettingsError, match="no queue"):
        Queue.read(tmp_path / "queue.json")


# -- at work ------------------------------------------------------------------------------------------------


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the jobs that were done, by work that fails when it is told to."""
    finished: list[int] = []

    def work(options: Mapping[str, Any]) -> Work[None]:
        yield Event("Working", 0, 2)
        yield Notice("Working", 1, 2, "Half is done.")
        if "error" in options:
            raise options["error"]
        yield Event("Working", 2, 2)
        finished.append(options["seed"])

    monkeypatch.setitem(running.WORK, "train", work)
    return finished


@pytest.mark.parametrize(
    ("error", "told"),
    [(CheckpointError("is broken."), "is broken."), (RuntimeError("lost"), "RuntimeError: lost")],
)
def test_one_failure_does_not_stop_the_rest(
    tmp_path: Path, done: list[int], error: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a", "b", "c"))
    written: list[Any] = []
    monkeypatch.setattr("cxr_gui.core.queue.queued.write_json", lambda _, document: written.append(document))
    queue.jobs[1].options["error"] = error
    said: list[Event] = []
    ended = progress.run(run_queue(queue), said.append)
    assert done == [0, 2]
    assert [job.state for job in ended] == ["done", "failed", "done"]
    assert ended[1].problem == told
    assert [job["state"] for job in written[-1]["jobs"]] == ["done", "failed", "done"]
    assert [event.text for event in said if isinstance(event, Notice)] == ["Half is done."] * 3
    ends = [event for event in said if isinstance(event, QueueProgress) and event.inner is None]
    assert [(event.job.name, event.behind, event.jobs) for event in ends] == [
        ("a", 1, 3),
        ("b", 2, 3),
        ("c", 3, 3),
    ]


def test_what_was_stopped_waits_and_a_second_call_goes_on(tmp_path: Path, done: list[int]) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a", "b"))
    work = run_queue(queue)
    next(event for event in work if isinstance(event, QueueProgress) and event.job.name == "b")
    assert [job.state for job in Queue.read(queue.path).jobs] == ["done", "running"]
    work.close()
    assert [job.state for job in Queue.read(queue.path).jobs] == ["done", "waiting"]
    progress.run(run_queue(Queue.read(queue.path)))
    assert done == [0, 1], "what was done is not done again"


def test_what_a_killed_process_left_running_is_done(tmp_path: Path, done: list[int]) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a"))
    queue.update("a", state="running")
    assert [job.state for job in progress.run(run_queue(Queue.read(queue.path)))] == ["done"]
    assert done == [0]


def test_jobs_that_come_meanwhile_are_done_and_two_cannot_work_at_once(
    tmp_path: Path, done: list[int]
) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a"))
    work = run_queue(queue)
    next(work)
    with pytest.raises(TrainingError, match="another process"):
        next(run_queue(Queue.read(queue.path)))
    queue.add(QueuedJob("later", "train", {"seed": 9}))
    progress.run(work)
    assert done == [0, 9]


def test_what_two_processes_change_is_both_there(tmp_path: Path, done: list[int]) -> None:
    mine, theirs = (Queue.read(tmp_path / "queue.json") for _ in range(2))
    mine.add(*jobs("a", "b"))
    work = run_queue(mine)
    next(work)
    theirs.add(QueuedJob("later", "train", {"seed": 9}))
    theirs.move("later", 1)
    theirs.remove("a", "b")
    progress.run(work)
    assert done == [0, 9]
    assert [(job.name, job.state) for job in Queue.read(mine.path).jobs] == [("a", "done"), ("later", "done")]


def test_it_is_enough_after_the_job_at_work(tmp_path: Path, done: list[int]) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a", "b"))
    assert [job.state for job in progress.run(run_queue(queue, lambda: bool(done)))] == ["done", "waiting"]


def test_only_what_was_killed_waits_where_failures_are_left_alone(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.json", jobs("a", "b"))
    queue.update("a", state="failed")
    queue.update("b", state="running")
    queue.begin_again(failed=False)
    assert [job.state for job in queue.jobs] == ["failed", "waiting"]


# -- made of what a window has chosen ------------------------------------------------------------------------


def test_a_training_is_the_same_in_plain_values(tmp_path: Path) -> None:
    folder = touched(tmp_path / "films", "train/NORMAL/a.png", "train/PNEUMONIA/b.png")
    dataset = progress.run(scan(folder, positive="PNEUMONIA"))
    recipe = RECIPES["balanced"].changed(epochs=2, name="balanced, changed", flip=0.25)
    config = TrainConfig("compact_cnn", {"width": 4}, recipe, seed=3, excluded=("train/NORMAL/a.png",))
    options = parse_json(json_text(train_options(dataset, config)), dict)
    again = train_config(options)
    assert replace(again, recipe=config.recipe) == config
    assert again.recipe.changed(name=recipe.name) == recipe
    assert reading_of(options) == dataset.reading
    assert options["data"] == str(folder)


def test_a_sweep_is_the_same_in_plain_values(tmp_path: Path) -> None:
    folder = touched(tmp_path / "films", "test/A/a.png", "test/B/b.png")
    dataset = progress.run(scan(folder, classes=("B", "A")))
    epsilons = [0.0, 0.1 / 3, 0.05]
    options = sweep_options(
        dataset, None, epsilons, attack="pgd", parameters={"steps": 3}, threat="grey", certify=True
    )
    options = parse_json(json_text(options), dict)
    arguments = sweep_arguments(options)
    assert arguments["epsilons"] == tuple(epsilons), "to the bit"
    assert (arguments["attack"].steps, arguments["threat"], arguments["certify"]) == (3, "grey", True)
    assert reading_of(options).classes == ("B", "A")
    with pytest.raises(SettingsError, match="colour"):
        sweep_arguments({**options, "reading": {"colour": "red"}})


def test_a_job_has_a_name_and_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "runs" / "net-seed0").mkdir(parents=True)
    first = make_job("train", "net seed0", {}, tmp_path, [])
    second = make_job("train", "net seed0", {}, tmp_path, [first])
    assert [job.name for job in (first, second)] == ["net-seed0-2", "net-seed0-3"]
    assert first.options["out"] == str(tmp_path / "runs" / "net-seed0-2")
