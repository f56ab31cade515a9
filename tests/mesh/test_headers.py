"""Headers of parked events survive byte for byte: a dead letter must be re-drivable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mesh.headers import from_json, to_json


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.none() | st.binary()), max_size=6))
def test_round_trip(headers: list[tuple[str, bytes | None]]) -> None:
    """Whatever a producer sent, null and non-UTF-8 included."""
    assert from_json(to_json(headers)) == headers
