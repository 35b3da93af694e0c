"""A trained translator and its vocabulary, checked to belong together."""

from pathlib import Path

from translation.errors import UserError
from translation.model import Translator
from translation.run_folder import best_model_path, load_model
from translation.vocabulary import Vocabulary


def load_translator(run: str | Path) -> tuple[Translator, Vocabulary, Path]:
    """Load the model of a run that one should use.

    Args:
        run: a run's folder (its average, or else its best so far), or a `.keras` file with
            `vocabulary.model` beside it.

    Returns:
        The model, its vocabulary, and the path of the model.

    Raises:
        UserError: nothing there, no translator, or a vocabulary of another size.
    """
    path = best_model_path(run)
    model = load_model(path)
    if not isinstance(model, Translator):
        raise UserError(f"{path}: expected a translator, got a {type(model).__name__}.")
    vocabulary = Vocabulary(path.parent / "vocabulary.model")
    expected = model.body.settings["vocabulary_size"]
    if vocabulary.size != expected:
        raise UserError(
            f"{path.parent / 'vocabulary.model'} has {vocabulary.size} pieces, and the model was"
            f" trained with {expected}; put the vocabulary of the model's own run there."
        )
    return model, vocabulary, path
