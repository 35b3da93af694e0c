"""Trained models from disk, checked before they are used."""

from pathlib import Path

from be_tracks.errors import UserError
from be_tracks.runs import checkpoints
from translation.data.vocabulary import Vocabulary
from translation.models.translator import Translator, for_inference
from translation.training.run_directory import RunDirectory


def load_translator(run: str | Path) -> tuple[Translator, Vocabulary, Path]:
    """Load the model of a run that one should use, with its vocabulary.

    Args:
        run: a run's folder (its average, or else its best so far), or a `.keras` file with
            `vocabulary.model` beside it.

    Returns:
        The model in float32, whatever it was trained in; its vocabulary; the path of the model.

    Raises:
        UserError: nothing there, no translator, or a vocabulary other than the model's.
    """
    path = best_model_path(run)
    model = load_model(path)
    vocabulary = Vocabulary(path.parent / "vocabulary.model")
    _check_same_vocabulary(model, vocabulary, path.parent)
    return for_inference(model), vocabulary, path


def load_model(path: Path) -> Translator:
    """Load a `.keras` file as it was saved; raises UserError unless a `Translator` is in it."""
    remedy = "take another file of the run, or train again with another --out"
    return checkpoints.load_model(path, Translator, "a translator", remedy)


def best_model_path(run: str | Path) -> Path:
    """Give the model of a run that one should use: the average, or else the best so far.

    Args:
        run: a run's folder, or a `.keras` file, which is given back as it is.

    Raises:
        UserError: it is neither.
    """
    path = Path(run)
    if path.suffix == ".keras":
        return path
    folder = RunDirectory(path)
    folder.settings()
    return folder.average if folder.average.exists() else folder.best()


def _check_same_vocabulary(model: Translator, vocabulary: Vocabulary, folder: Path) -> None:
    """Raise UserError unless the vocabulary is the one that the model was trained with."""
    path = folder / "vocabulary.model"
    expected = model.body.settings["vocabulary_size"]
    if vocabulary.size != expected:
        raise UserError(
            f"{path} has {vocabulary.size} pieces, and the model was trained with {expected}; put"
            " the vocabulary of the model's own run there."
        )
    if not (folder / "run.json").exists():
        return  # a model taken out of its run: the size is all there is to compare
    if vocabulary.sha256 != RunDirectory(folder).settings()["data"].get("vocabulary_sha256"):
        raise UserError(
            f"{path} is not the vocabulary that the run in {folder} was trained with; copy it there"
            " from the data folder again."
        )
