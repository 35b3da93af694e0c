"""What a source of logits says of a set of images: small enough to keep, enough for every score.

Takes logits `(N, M, C)` chunk by chunk; keeps records, the mean's log-probabilities, and each
member's own scores.
"""

from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from be_keras import metrics
from be_tracks.errors import UserError
from vision.data.images import Images

CHUNK = 1_000  # images whose logits are held at once


class NotFinite(UserError):
    """A network gave a logit that is no number."""


class Predictions:
    """Records of N images and what else scores need.

    Args:
        logits_of: from uint8 images `(n, H, W, channels)` to logits `(n, M, C)`.
        images: N images of the same shape; labels of OOD images are not looked at.
        ood: whether the images are out-of-distribution: of none of the classes.
        keep_members: whether each member's log-probabilities are kept.
        title: of the progress bar; none without.

    Attributes:
        columns: records by name, arrays `(N,)`.
        log_probs: `(N, C)` of the mean, or None for OOD images.
        members: `accuracy` and `nll` `(M,)` of each member alone; empty for OOD images.
        of_members: `(M, N, C)`, each member's log-probabilities if they are kept, or None.

    Raises:
        NotFinite: a logit is not finite.
    """

    def __init__(
        self,
        logits_of: Callable[[np.ndarray], np.ndarray],
        images: Images,
        ood: bool = False,
        title: str = "",
        keep_members: bool = False,
    ):
        records, log_probs, members, kept = metrics.Records(), [], [], []
        self.labels = images.labels
        starts = range(0, len(images), CHUNK)
        for start in tqdm(starts, desc=title, unit=" thousand", disable=not title, leave=False):
            places = np.arange(start, min(start + CHUNK, len(images)))
            logits = logits_of(images.pixels(places))
            if not np.all(np.isfinite(logits)):
                raise NotFinite(
                    "expected finite logits, got others; train again with a lower"
                    " --set learning_rate=... in a new --out."
                )
            labels = np.zeros(len(places), np.int32) if ood else images.labels[places]
            records.append(metrics.ensemble_records(logits, labels, outputs="logits"))
            if not ood:
                log_probs.append(metrics.mean_log_probs(logits))
                scores = metrics.member_scores(logits, labels)
                members.append({key: len(places) * value for key, value in scores.items()})
            if keep_members:
                of_each = [metrics.mean_log_probs(logits[:, [m]]) for m in range(logits.shape[1])]
                kept.append(np.stack(of_each))
        self.columns = records.columns()
        self.log_probs = None if ood else np.concatenate(log_probs)
        self.of_members = np.concatenate(kept, axis=1) if kept else None
        self.members = {
            key: sum(part[key] for part in members) / len(images)
            for key in (members[0] if members else ())
        }

    def calibrated(self) -> np.ndarray:
        """Calibrated log-likelihoods `(N,)` of the labels."""
        return metrics.calibrated_log_likelihood(self.log_probs, self.labels)
