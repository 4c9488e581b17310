# SPDX-License-Identifier: BSD-2-Clause
"""Writes those parts of the package `replsvc` that follow from the C headers."""
