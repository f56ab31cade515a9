"""Live receipts: what one sale led to, put together from the derived events as they appear.

Reads topics, writes nothing.
"""
