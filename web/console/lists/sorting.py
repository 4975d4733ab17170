"""Headings of a list that ask for another order of all of it."""

from __future__ import annotations

ORDER_CHOSEN = """(event) => {
    const order = event.target.closest("button[data-order]")?.dataset.order;
    if (order) emit(order);
}"""
"""Of a click in a table (``web.console.parts.table``): tells the order that its heading asks
for."""
