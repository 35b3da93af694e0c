"""The system test: the command line learns a synthetic language, from its text to its BLEU."""

import os
import subprocess
import sys

import sacrebleu

SIZES = ["width=96", "feedforward=192", "encoder_layers=1", "decoder_layers=1", "buckets=3"]
TRAINING = ["steps=650", "warmup=60", "tokens_per_batch=1024", "checkpoint_every=325"]


def be_translate(*words, text=None):
    """Run a verb as a user would, and give what it wrote on standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "translation", *map(str, words)],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_learns_a_language(tmp_path):
    corpus, data, run = tmp_path / "corpus", tmp_path / "data", tmp_path / "run"
    sizes = ["--train", 8000, "--valid", 100, "--test", 200]
    be_translate("grammar", "--simple", "--no-ambiguity", *sizes, "--out", corpus)
    files = []
    for split in ("train", "valid", "test"):
        option = "--" if split == "train" else f"--{split}-"
        files += [f"{option}source", corpus / f"{split}.en"]
        files += [f"{option}target", corpus / f"{split}.de"]
    languages = ["--source-language", "en", "--target-language", "de", "--vocabulary-size", 300]
    be_translate("prepare", *files, *languages, "--out", data)
    config = ["--config", "tiny", "--set", *SIZES, *TRAINING]
    be_translate("train", "--data", data, "--out", run, *config)

    source = (corpus / "test.en").read_text(encoding="utf-8")
    references = (corpus / "test.de").read_text(encoding="utf-8").split("\n")[:-1]
    output = be_translate("translate", "--model", run, "--beam-size", 2, text=source)
    translations = output.split("\n")[:-1]
    assert len(translations) == len(references) == 200
    assert sacrebleu.corpus_bleu(translations, [references]).score >= 95
