"""The audit of a run: who made it of what, and that it can be made again from it."""

import json
import re

import pytest

import simcore
from simcore.cli import main
from simcore.files import note_read, reading
from simcore.intake import packaged
from simcore.report.audit import audit_text, made_of

CONFIG = """
name: audited
title: "a | title with `marks` <b>"
draws: 64
regions: [EU]
routes: [scrap_eaf]
years: {first: 2026, last: 2030}
outcomes: [cost_premium]
keep: []
catalog:
  markets:
    eu_ets:
      process: {kind: bootstrap, history: {csv: past.csv, column: price, per_year: 12}, block: 2}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    (folder / "mine.yaml").write_text(CONFIG, "utf-8")
    rows = "\n".join(f"{2000 + k // 12}-{k % 12 + 1:02d}-15,{50 + k % 7}" for k in range(120))
    (folder / "past.csv").write_text(f"date,price\n{rows}\n", "utf-8")
    simcore.run(folder / "mine.yaml", out=folder / "run.zarr").close()
    return folder


@pytest.fixture(scope="module")
def text(folder):
    with simcore.open_run(folder / "run.zarr") as run:
        return audit_text(run, packaged.sources())


def test_each_file_read_is_named_by_its_hash(folder):
    import hashlib

    with simcore.open_run(folder / "run.zarr") as run:
        made = made_of(run.attrs)
    assert made["files"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("mine.yaml", "past.csv")
    }
    assert {"command", "user", "host", "started", "commit", "python", "platform"} <= set(made)
    assert made["versions"]["simcore"] == simcore.__version__


def test_the_page_alone_makes_the_run_again(folder, text):
    (folder / "audited.yaml").write_text(re.search(r"```yaml\n(.*)\n```", text, re.S)[1], "utf-8")
    with simcore.run(folder / "audited.yaml", out=folder / "again.zarr") as again:
        assert again.attrs["digest"] in text


def test_text_of_the_user_breaks_no_table(text):
    assert "# Audit: a \\| title with 'marks' &lt;b&gt;" in text
    tables = [line for line in text.split("## Config")[0].splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
    places = text.split("### Values and where they stand")[1].split("## ")[0]
    ends = [len(re.findall(r"(?<!\\)\|", line)) for line in places.splitlines() if line]
    assert set(ends) == {5}


def test_rerun_compares_and_says_which_file_changed(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["audit", "run.zarr", "--rerun"]) == 0
    assert "the same digest" in capsys.readouterr().out
    (folder / "past.csv").write_text(
        (folder / "past.csv").read_text("utf-8").replace(",55", ",75"), "utf-8"
    )
    assert main(["audit", "run.zarr", "--rerun"]) == 1
    told = capsys.readouterr().out
    assert "past.csv is not what it was" in told
    assert "ANOTHER DIGEST" in told


def test_a_run_without_a_record_says_so(folder):
    with simcore.open_run(folder / "run.zarr") as run:
        del run.attrs["audit"]
        assert "kept no record" in audit_text(run, {})


def test_files_are_noted_while_someone_collects(tmp_path):
    note_read(tmp_path / "nobody", b"")
    with reading() as found:
        note_read(tmp_path / "one", b"")
        with reading() as inner:
            note_read(tmp_path / "two", b"")
    assert [*found] == [str(tmp_path.resolve() / "one")]
    assert [*inner] == [str(tmp_path.resolve() / "two")]
    assert json.dumps(found)
