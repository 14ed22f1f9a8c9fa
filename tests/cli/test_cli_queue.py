"""`queue` and `train --seeds`: several in one call, of which one may fail and none is lost to a kill."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from cxr_gui.cli import program as cli
from cxr_gui.cli.queues import for_each_seed
from cxr_gui.core.queue.queued import Queue
from cxr_gui.core.sweep.files import read_sweep
from cxr_gui.core.training.run_folder import read_run
from tests.support.films import write_films
from tests.support.nursery import Nursery

SMALL = ("--model", "compact_cnn", "--epochs", "1", "--batch-size", "8")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("queue") / "films", train=8, test=4)


def test_a_run_for_each_seed_and_a_failure_stops_no_other(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (out / "seed-1").mkdir(parents=True)
    (out / "seed-1" / "config.json").write_text("{}")
    assert run("train", films, *SMALL, "--seeds", "0,1,2", "--out", out) == 1
    told = capsys.readouterr().err
    assert "Error: seed 1:" in told
    assert "1 of 3 trainings failed: seed 1." in told
    assert [read_run(out / f"seed-{seed}").config.seed for seed in (0, 2)] == [0, 2]
    assert run("train", films, *SMALL, "--seeds", "0,2", "--resume", "--out", out) == 0
    assert run("train", films, "--seeds", "0,x", "--out", out) == 2
    assert run("train", films, "--seeds", "0", "--seed", "1", "--out", out) == 2


def test_processes_that_share_a_training_are_told_to_name_one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.distributed.started", lambda: True)
    with pytest.raises(click.UsageError, match="torchrun shares one training: name its --seed"):
        for_each_seed([0, 1], pytest.fail)


def test_a_queue_killed_in_a_sweep_goes_on_and_one_failure_stops_no_other(
    films: Path, nursery: Nursery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no checkpoint")
    file = tmp_path / "night.toml"
    file.write_text(
        f'data = "{films.as_posix()}"\n'
        '[[train]]\nmodel = "compact_cnn"\nepochs = 1\nbatch_size = 8\nseed = [0, 1]\n'
        '[[sweep]]\nclassifier = ["broken.safetensors", "trained"]\n'
        'attack = "noise"\neps = "0,0.1"\nbatch_size = 2\ncritical = false\n'
    )
    killed = nursery.run("queue", file, cache=tmp_path / "cache", entries=6)
    assert killed.killed, killed.said
    state = Queue.read(tmp_path / "night" / "queue.json")
    assert [job.state for job in state.jobs] == ["done", "done", "failed", "done", "running"]
    assert run("queue", file, "--json") == 1
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert [job["state"] for job in told] == ["done", "done", "failed", "done", "done"]
    assert "broken.safetensors" in told[2]["problem"]
    assert "going on after 4 images" in captured.err
    for job in state.jobs[3:]:
        assert len(read_sweep(job.options["out"]).labels) == 8
    broken.unlink()
    assert run("queue", file) == 2, "it is told before the first job"
    assert "broken" in capsys.readouterr().err


@pytest.mark.long
def test_a_night_of_six_trainings_and_twelve_sweeps(films: Path, nursery: Nursery, tmp_path: Path) -> None:
    file = tmp_path / "night.toml"
    file.write_text(
        f'data = "{films.as_posix()}"\n'
        '[[train]]\nmodel = "compact_cnn"\noptions = {width = 4}\nepochs = 1\nbatch_size = 8\n'
        'recipe = ["paper", "balanced"]\nseed = [0, 1, 2]\n'
        '[[sweep]]\nattack = "noise"\nthreat = ["rgb", "grey"]\n'
        'eps = "0,0.1"\nbatch_size = 4\ncritical = false\n'
    )
    broken = tmp_path / "night" / "sweeps" / "compact_cnn-paper-seed1-noise-grey"
    broken.parent.mkdir(parents=True)
    broken.write_text("in the way of a folder")
    killed = nursery.run("queue", file, cache=tmp_path / "cache", entries=12)
    assert killed.killed, killed.said
    left = [job.state for job in Queue.read(tmp_path / "night" / "queue.json").jobs]
    assert (left.count("running"), left[:6]) == (1, ["done"] * 6)
    assert run("queue", file) == 1
    jobs = Queue.read(tmp_path / "night" / "queue.json").jobs
    assert [job.name for job in jobs if job.state != "done"] == [broken.name]
    assert len(jobs) == 18
    for job in jobs[6:]:
        if job.state == "done":
            assert len(read_sweep(job.options["out"]).labels) == 8
