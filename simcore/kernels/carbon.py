"""Carbon cost per tonne at home and at the EU border (MODEL 5)."""

from __future__ import annotations

from simcore.kernels.jit import inlined


@inlined
def exposure(covered: float, intensity: float, allocation: float, benchmark: float) -> float:
    """Allowances to buy per tonne: covered*(e1 - phi*CSCF*BM); negative: a surplus."""
    return covered * (intensity - allocation * benchmark)


@inlined
def cbam(price: float, covered: float, gap: float, paid: float) -> float:
    """covered * max(0, price*(embedded - phi*CSCF*BM) - paid): never negative, no refund."""
    return covered * max(0.0, price * gap - paid)


@inlined
def exposure_row(rows, out, covered, intensity, allocation, benchmark):
    for j in range(rows.shape[1]):
        rows[out, j] = exposure(
            rows[covered, j], rows[intensity, j], rows[allocation, j], rows[benchmark, j]
        )


@inlined
def border_exposure_row(rows, out, plant, border, precursor, allocation, benchmark):
    """Plant exposure plus the imported precursor's at the border."""
    for j in range(rows.shape[1]):
        gap = max(0.0, rows[precursor, j] - rows[allocation, j] * rows[benchmark, j])
        rows[out, j] = rows[plant, j] + rows[border, j] * gap


@inlined
def shuffled_row(rows, out, emissions, share, clean):
    """A share of the tonnes is swapped for clean ones at the border."""
    for j in range(rows.shape[1]):
        own = rows[emissions, j]
        rows[out, j] = (1.0 - share) * own + share * min(own, clean)


@inlined
def cbam_exposure_row(rows, out, emissions, allocation, benchmark):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[emissions, j] - rows[allocation, j] * rows[benchmark, j]


@inlined
def paid_row(rows, out, home, recognised):
    for j in range(rows.shape[1]):
        rows[out, j] = max(0.0, rows[home, j]) * rows[recognised, j]


@inlined
def cbam_row(rows, out, price, covered, gap, paid):
    for j in range(rows.shape[1]):
        rows[out, j] = cbam(rows[price, j], rows[covered, j], rows[gap, j], rows[paid, j])
