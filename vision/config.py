"""Configurations of model and training: named presets, every field of which can be set.

Takes a preset's name and `key=value` texts; gives `Settings`. A preset is a lab note: what it is
for, the command, the unique examples of a step, what it costs and what to expect. The method
(single, batch-ensemble, ...) is not part of it: the same preset serves all, and rows of a table are
matched in steps unless they say otherwise.

Batch normalisation: statistics are each member's own (`norms=members`), over the examples of the
step that one replica holds; with `members=split` a member sees a share of them.

Weight decay is decoupled and multiplied by the learning rate. L2 of coefficient c in the loss, as
most publish it, passes through the momentum of 0.9 and pulls ten times as hard: weight_decay is
10 * 2c for a loss of c * |w|^2, 10 * c for c / 2 * |w|^2.

Digits, such as those of svhn, are none when they are mirrored: with a preset that augments, add
--set flip=false.
"""

from collections.abc import Iterable

from be_tracks.config import changed
from vision.settings import Settings

# Members on random signs, their losses summed: what docs/members.md found on images.
MEMBERS = {"fast_initializer": "random_sign", "member_loss": "sum"}

# 100, 200 and 225 of 250 epochs.
WIDE_RESNET_DROPS = "drops:0.2:0.4,0.8,0.9"
# 50,000 images in steps of 128: 390.6 steps an epoch.
EPOCHS_250 = 97_656

PRESETS = {
    # The demo: synthetic images of 16 x 16. be-vision demo; README.md has figures.
    "demo": Settings(
        model="cnn",
        examples=None,
        steps=1_500,
        batch_size=64,
        learning_rate=0.05,
        checkpoint_every=500,
        **MEMBERS,
    ),
    # Fashion-MNIST: be-vision train --config fashion-cnn --data FOLDER --out RUN, where FOLDER
    # holds the four idx files. 128 unique examples a step, 8 epochs of 60,000, 90,000 weights;
    # minutes on a CPU core. What its 3,750 steps give was not measured; docs/vision.md has what
    # 2,000 give.
    "fashion-cnn": Settings(
        model="cnn",
        examples=None,
        steps=3_750,
        learning_rate=0.1,
        checkpoint_every=750,
        **MEMBERS,
    ),
    # CIFAR-10 for hours of a CPU or minutes of a GPU: be-vision train --config cifar-resnet20
    # --data cifar10 --out RUN. 128 unique examples a step, 50 epochs. What they give was not
    # measured; one network that is trained for 200 reaches 91-92 % (He et al., CVPR 2016: 91.25).
    "cifar-resnet20": Settings(
        model="resnet20",
        examples=None,
        steps=19_531,
        learning_rate=0.1,
        weight_decay=1e-3,
        augment=True,
        checkpoint_every=781,
        **MEMBERS,
    ),
    # BatchEnsemble's own networks (Wen et al., ICLR 2020): be-vision train --config
    # cifar-resnet32x4 --data cifar10 --out RUN. ResNet-32x4 on CIFAR-10 and, with --data cifar100,
    # on CIFAR-100: single 95.31 / 78.32, MC dropout 95.72 / 78.89, BatchEnsemble-4 95.94 / 80.32,
    # naive ensemble-4 96.30 / 81.02. Single 250 epochs; its BatchEnsemble and MC dropout took 375
    # (--set steps=146484). 128 unique examples a step. Not run by us as a whole, see
    # docs/verified.md.
    "cifar-resnet32x4": Settings(
        model="resnet32",
        width=4.0,
        examples=None,
        steps=EPOCHS_250,
        schedule="drops:0.1:0.5,0.75",
        learning_rate=0.1,
        weight_decay=4e-3,
        augment=True,
        checkpoint_every=1_953,
        **MEMBERS,
    ),
    # uncertainty-baselines, WRN-28-10: be-vision train --config cifar-wrn28-10 --data cifar10
    # --out RUN. CIFAR-10 NLL / accuracy / ECE single .159 / 96.0 / .0231, BatchEnsemble-4 .136 /
    # 96.3 / .0177, deep ensemble-4 .114 / 96.6 / .010; CIFAR-100 (--data cifar100) .875 / 79.8 /
    # .0857, .690 / 81.9 / .0265, .666 / 82.7 / .021. Its BatchEnsemble draws from N(1, 0.5), takes
    # the mean over members, moves fast weights half as far and takes 97,500 steps where its single
    # network took 19,400 of 512 rows: here both take as many examples. Decay and drops are those of
    # its BatchEnsemble, L2 of 3e-4. Its single network, by its code's defaults, has L2 of 2e-4 and
    # drops after 60, 120 and 160 of 200 epochs: for the .159, --method single --set steps=19400
    # batch_size=512 learning_rate=0.4 weight_decay=0.004 schedule=drops:0.2:0.3,0.6,0.8. Both warm
    # up for one epoch there, for 5 % of the steps here. 128 unique examples a step, each shown to
    # all members. Not run by us, see docs/verified.md.
    "cifar-wrn28-10": Settings(
        model="wrn28",
        width=10.0,
        fast_initializer="normal:1:0.5",
        fast_weight_lr_multiplier=0.5,
        examples=None,
        steps=EPOCHS_250,
        schedule=WIDE_RESNET_DROPS,
        learning_rate=0.1,
        weight_decay=6e-3,
        augment=True,
        checkpoint_every=1_953,
    ),
    # ResNet-50 on ImageNet: be-vision train --config imagenet-resnet50 --data imagenet --size 224
    # --out RUN, or a folder of class folders. 90 epochs of 1,281,167 images, 256 unique examples a
    # step; a single network is published at 76.1 to 76.5 % (torchvision 76.13). Not run by us, see
    # docs/verified.md.
    "imagenet-resnet50": Settings(
        model="resnet50",
        examples=None,
        steps=450_410,
        batch_size=256,
        schedule="drops:0.1:0.333,0.667,0.889",
        learning_rate=0.1,
        weight_decay=1e-3,
        augment=True,
        checkpoint_every=5_005,
        **MEMBERS,
    ),
}


def make_config(preset: str, changes: Iterable[str] = ()) -> Settings:
    """Give a preset with fields set by `key=value` texts, as `be_tracks.config.changed` does."""
    return changed(PRESETS, preset, changes)
