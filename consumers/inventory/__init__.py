"""The inventory worker: lots, their movements, levels, suppliers and purchase orders (R10 to R21, R34)."""
