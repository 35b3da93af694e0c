"""The subcommand `grammar`: makes the demo's bilingual corpus, of which the truth is known."""

import argparse

from translation.synthetic.corpus import write_corpus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `grammar`."""
    parser.add_argument("--out", required=True, metavar="DIR", help="the corpus folder to make")
    parser.add_argument(
        "--pair", choices=("en-de", "en-fr"), default="en-de", help="default: en-de"
    )
    for split, size in (("train", 40_000), ("valid", 1_000), ("test", 1_000)):
        parser.add_argument(
            f"--{split}", type=int, default=size, metavar="N", help=f"pairs (default: {size})"
        )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument(
        "--no-ambiguity",
        action="store_true",
        help="let every choice fall on its most probable value: entropy 0, best BLEU 100",
    )
    parser.add_argument(
        "--simple", action="store_true", help="a small part of the grammar and its words"
    )


def run(args: argparse.Namespace) -> None:
    """Carry out `grammar` with parsed options, and print what is known of the test set."""
    card = write_corpus(
        args.out,
        args.pair,
        train=args.train,
        valid=args.valid,
        test=args.test,
        seed=args.seed,
        ambiguity=not args.no_ambiguity,
        simple=args.simple,
    )
    print(
        f"{args.out}: {args.train} training pairs; test entropy {card['entropy_per_word']:.3f} "
        f"nats per word, best possible BLEU {card['oracle_bleu']['score']:.1f}"
    )
