"""The sweep of every task."""

from experiments import image_sweeps, method_sweeps, resnet_sweeps, text_sweeps

SWEEPS = {
    task: module.SWEEP
    for module in (image_sweeps, resnet_sweeps, method_sweeps, text_sweeps)
    for task in module.SWEEP.defaults
}
