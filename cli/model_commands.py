"""`countersign model`: prepare crops, train, measure and serve the networks."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.screen import complain, out, say, table

EXIT_USAGE = 2

app = typer.Typer(help="Prepares, trains, measures and serves the networks.", no_args_is_help=True)

TrainDir = Annotated[
    str,
    typer.Option(
        "--train-dir", metavar="DIR_OR_GS", help="Training folder: one folder a label, or crops.csv."
    ),
]
JobDir = Annotated[
    Path, typer.Option("--job-dir", metavar="DIR", help="Folder that keeps what the runs leave.")
]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="Instead of the recipe's own number.")]


class Recipe(StrEnum):
    """The networks that can be trained."""

    REFERENCE = "reference"
    CLASSIFIER = "classifier"
    ORIENTATION = "orientation"
    PROPOSER = "proposer"
    REFINER = "refiner"


@app.callback()
def model() -> None:
    """Prepares, trains, measures and serves the networks."""


@app.command("prepare")
def prepare(
    train_dir: TrainDir,
    cache_dir: Annotated[Path, typer.Option("--cache-dir", help="Where the cleaned arrays go.")] = Path(
        "cache"
    ),
    seed: Annotated[int, typer.Option("--seed", help="Seed of the 70/30 split.")] = 0,
) -> None:
    """Cleans labelled crops into cached arrays: drops blurred ones, realigns and splits the rest.

    Lists what was dropped in CACHE_DIR/dropped.csv.
    """
    with _model_errors():
        from model.classifier import LABELS
        from model.prepare import prepare

        prepared = prepare(train_dir, cache_dir, seed=seed)
    counts = table("split", *(f">{label}" for label in LABELS))
    for split, by_label in prepared.counts().items():
        counts.add_row(split, *(str(by_label[label]) for label in LABELS))
    out.print(counts)
    say(f"{len(prepared.dropped)} images dropped, listed in {cache_dir / 'dropped.csv'}")


@app.command("train")
def train(
    train_dir: TrainDir,
    job_dir: Annotated[
        str,
        typer.Option("--job-dir", metavar="DIR_OR_GS", help="Folder of this run; run again to resume."),
    ],
    recipe: Annotated[Recipe, typer.Option("--recipe", help="Which network.")] = Recipe.CLASSIFIER,
    epochs: Epochs = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Batches an epoch, instead of the recipe's own number."),
    ] = None,
    rendered: Annotated[
        int | None,
        typer.Option("--rendered", min=0, help="Crops or pages to render; 0 for your own crops alone."),
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option("--start-from", metavar="KERAS", help="A trained network of the recipe to go on from."),
    ] = None,
    taught: Annotated[
        bool | None,
        typer.Option(
            help="Whether the proposer, the classifier learn beside a wider network that teaches them; as a "
            "rule if they begin from nothing, on a GPU."
        ),
    ] = None,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="DIR_OR_GS",
            help="Release whose proposer the refiner learns from; the shipped one if not given.",
        ),
    ] = None,
) -> None:
    """Trains a network by its recipe, or carries on where a stopped run left off.

    Leaves checkpoints, TensorBoard logs, the trained model and a SavedModel for serving in the job folder.
    """
    with _model_errors():
        from model.job import Changes
        from model.train import train

        changes = Changes(epochs, steps, rendered, start_from=start_from, taught=taught, release=release)
        figures = train(train_dir, job_dir, recipe.value, changes)
    out.print_json(json.dumps(figures))


@app.command("experiments")
def experiments(
    train_dir: TrainDir,
    job_dir: JobDir,
    epochs: Epochs = None,
) -> None:
    """Trains and measures the reference network with and without its helps, and the classifier that ships."""
    with _model_errors():
        from model.experiments import run, table
        from model.job import Changes

        rows = run(train_dir, job_dir, Changes(epochs))
    out.print(table(rows), markup=False)


@app.command("report")
def report(
    train_dir: TrainDir,
    job_dir: JobDir,
    to: Annotated[Path, typer.Option("--out", help="Folder for report.md and its pictures.")],
    recipe: Annotated[Recipe, typer.Option("--recipe", help="Which network.")] = Recipe.CLASSIFIER,
) -> None:
    """Measures a trained classifier on the unseen set, with curves, confusion and worst misses."""
    with _model_errors():
        from model.report import report

        figures = report(train_dir, job_dir, recipe.value, to)
    out.print_json(json.dumps(figures))
    say(f"the report is in {to / 'report.md'}")


@app.command("predict")
def predict(
    request: Annotated[Path, typer.Argument(metavar="REQUEST.json", help='A file of {"instances": [...]}.')],
    model_dir: Annotated[
        Path | None,
        typer.Option("--model-dir", help="SavedModel folder; without it, the shipped classifier."),
    ] = None,
) -> None:
    """Answers a prediction request exactly as TensorFlow Serving and Vertex AI would."""
    with _model_errors():
        from model.predict import predict

        out.print_json(json.dumps(predict(request, model_dir)))


@app.command("render")
def render(
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder for a data set of pages with boxes.")
    ] = None,
    pages: Annotated[int, typer.Option("--pages", min=1, help="Pages of the data set.")] = 2560,
    seed: Annotated[int, typer.Option("--seed", help="Everything drawn follows from it.")] = 0,
    processes: Annotated[int, typer.Option("--processes", min=1, help="How many draw.")] = os.cpu_count()
    or 1,
    train_dir: Annotated[
        Path | None, typer.Option("--train-dir", help="Real crops and pages to draw with, too.")
    ] = None,
    samples: Annotated[Path | None, typer.Option("--samples", help="Folder for sample documents.")] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="PNG for a contact sheet.")] = None,
) -> None:
    """Draws pages to learn from, sample documents or a contact sheet; name at least one of the three."""
    if not (to or samples or sheet):
        raise typer.BadParameter("nothing to do: give --out, --samples or --sheet")
    from model.render.assets import Assets
    from model.render.dataset import render_dataset
    from model.render.samples import render_samples
    from model.render.sheet import render_sheet

    if to:
        render_dataset(to, pages, seed, processes, train_dir=train_dir)
    if samples:
        render_samples(samples, Assets.load())
    if sheet:
        render_sheet(sheet, Assets.load(), seed=seed)


@contextmanager
def _model_errors() -> Iterator[None]:
    """Ends with one line where the model room refuses something; anything else is our fault and shows."""
    os.environ.setdefault(
        "TF_CPP_MIN_LOG_LEVEL", "2"
    )  # TensorFlow greets every process with its build options
    try:
        yield
    except Exception as error:
        from model.errors import ModelError

        if not isinstance(error, ModelError):
            raise
        complain(str(error))
        raise typer.Exit(EXIT_USAGE) from None
