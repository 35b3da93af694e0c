"""Search that knows no model: a step gives next-word log-probabilities, search picks the words.

The contract of a step, for N hypotheses (one per example in greedy search, B·K in beam search;
hypothesis k of example b is row `b * K + k`)::

    step(tokens, position, state) -> (log_probs, state)

- `tokens`: `(N,)` int32, the words at `position` of the hypotheses; `bos` at position 0.
- `position`: int32 scalar tensor, the same for all hypotheses.
- `state`: what the step remembers, any `keras.tree` structure of tensors whose leading axis is N.
  The step gives it back with the same structure, shapes and dtypes. Beam search moves the rows of
  the state when it moves hypotheses. What all hypotheses of an example have in common need not be
  moved: the step may close over it.
- `log_probs`: `(N, V)`, float, of the words at `position + 1`. Minus infinity is welcome, NaN not.

Whatever the log-probabilities say, `pad` and `bos` are never generated. Returned tokens start after
`bos`, hold `eos` where the hypothesis ended, and `pad` from there on. All shapes are static and the
loop is `keras.ops.while_loop`, so a search compiles under `tf.function`, XLA and `jax.jit`.
"""

from translation.decoding.beam import beam_search
from translation.decoding.greedy import greedy_search
from translation.decoding.masking import IMPOSSIBLE

__all__ = ["IMPOSSIBLE", "beam_search", "greedy_search"]
