"""What the page says under "How to read it": every measure, its range, and what is better."""

ALWAYS = """\
- **Arrows**: ↑ higher is better, ↓ lower is better. In brackets the 95 % interval of a bootstrap
  over the test images: how far other images could have moved the score. All systems saw the same
  images, so that those whose intervals overlap may differ all the same. That of ECE can lie above
  its value: chance in the bins counts as error.
- **Accuracy** (%): how often the likeliest class is the right one. Ensembles are scored by the mean
  of their members' probabilities.
- **Disagreement** (%): how often two members choose different classes. Members that never disagree
  are one network.
- **Mutual information** (nats): the part of the uncertainty that comes from the members' differing,
  not from the image.
- **NLL** (nats per image): how surprised the system is by the right class. **Calibrated NLL**: the
  same at the temperature that suits the system best, fitted on other images, so that systems which
  are only too sure of themselves do not lose by it.
- **DEE**, deep-ensemble equivalent: how many networks, trained apart, reach the system's calibrated
  NLL. ≥ says that all networks there were to compare with do not suffice.
- **ECE** (0 to 1): how far confidence and accuracy lie apart, on average over the bins of the
  diagrams. 0 means that of all images given 70 %, 70 % are right. Few images raise it by chance.
- **Brier** (0 to 2): squared distance between probabilities and what came.
- **Cost**: in brackets how many times that of the smallest system. MACs are the
  multiply-accumulates of kernels. Times and memory are those of the machines that trained and
  tested; peak memory is that of the process on its host, the libraries included."""

OF_MEMBERS = """\
- **Members**: how many predictions are averaged. **Of one alone**: from the worst to the best.
- **Pairwise KL** (nats): how far the probabilities of two members lie apart."""

OF_CORRUPTIONS = """\
- **Corrupted**: means over all kinds of corruption and all severities; ECE is taken over all kinds
  of a severity at once, then the mean over severities. In brackets the 95 % interval of a bootstrap
  over images, each with all that was made of it."""

OF_MCE = """\
- **mCE**, mean corruption error: the errors under each corruption as a multiple of those of
  {reference}, then the mean over the corruptions. Below 1 is sturdier."""

OF_OOD = """\
- **AUROC** (0 to 1): how well the uncertainty, by the entropy of the prediction or by mutual
  information, tells out-of-distribution (OOD) images from test images. 0.5 is chance. In brackets
  the 95 % interval (DeLong)."""

OF_PEOPLE = """\
- **Cross-entropy to people** (nats): how surprised the system is by the classes that people chose.
  What people's own disagreement leaves, {entropy:.4f}, is the least possible."""
