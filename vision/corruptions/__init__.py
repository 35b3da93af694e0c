"""The 15 common corruptions of images at 5 severities (Hendrycks & Dietterich, ICLR 2019).

They are computed for any images, so that calibration under shift can be measured on every set.
They follow the paper's recipes and the constants published for 32x32 images, but not its code:
frost is grown by a formula where the paper overlays photographs, and pixels are rounded, not
cut off. Figures that are to stand beside published ones on CIFAR-10-C or ImageNet-C need those
published sets.
"""

from vision.corruptions.corrupt import NAMES, SEVERITIES, corrupt

__all__ = ["NAMES", "SEVERITIES", "corrupt"]
