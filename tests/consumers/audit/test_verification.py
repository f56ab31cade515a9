"""Claims about proving a chain: every way to falsify it is found, at its first row (I11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from consumers.audit import rules
from consumers.audit.verification import Broken, verify_chain
from tests.consumers.audit.samples import pos_entry, sale_event

Rows = list[tuple[int, rules.Entry]]


def chain_of(length: int) -> Rows:
    """A true chain of outlet 3, ids 101 and on."""
    rows: Rows = []
    head = rules.GENESIS
    for number in range(length):
        entry = pos_entry(sale_event(transaction_id=number + 1, event_id=f"e-{number}"), head)
        head = rules.Head(entry.seq, entry.hash)
        rows.append((101 + number, entry))
    return rows


def rebuilt(rows: Rows) -> Rows:
    """The rows chained anew, as an intruder with all the code would do."""
    head, out = rules.GENESIS, []
    for row_id, entry in rows:
        entry = entry._replace(seq=head.seq + 1, prev_hash=head.hash)
        entry = entry._replace(hash=rules.link(head.hash, rules.canonical(rules.members(entry))))
        head = rules.Head(entry.seq, entry.hash)
        out.append((row_id, entry))
    return out


def check(rows: Rows, *, truth: Rows, heads: Mapping[int, bytes]) -> Broken | None:
    last = truth[-1][1]
    return verify_chain(3, rows, current=rules.Head(last.seq, last.hash), heads=heads)


def edit(rows: Rows, at: int, **fields: object) -> Rows:
    return [(row_id, entry._replace(**fields) if entry.seq == at else entry) for row_id, entry in rows]


def swap_contents(rows: Rows) -> Rows:
    (id_2, two), (id_3, three) = rows[1], rows[2]
    swapped = (
        (id_2, two._replace(record_id=three.record_id, new_values=three.new_values)),
        (
            id_3,
            three._replace(record_id=two.record_id, new_values=two.new_values),
        ),
    )
    return [rows[0], *swapped, *rows[3:]]


def swap_places(rows: Rows) -> Rows:
    (id_2, two), (id_3, three) = rows[1], rows[2]
    return [rows[0], (id_2, three._replace(seq=2)), (id_3, two._replace(seq=3)), *rows[3:]]


def insert_twin(rows: Rows) -> Rows:
    return [*rows[:3], (900, rows[2][1]._replace(record_id=77)), *rows[3:]]


def insert_and_renumber(rows: Rows) -> Rows:
    later = [(row_id, entry._replace(seq=entry.seq + 1)) for row_id, entry in rows[2:]]
    return [*rows[:2], (900, rows[1][1]._replace(seq=3, record_id=77)), *later]


@pytest.mark.parametrize(
    ("falsify", "seq", "reason"),
    [
        pytest.param(lambda rows: edit(rows, 3, record_id=666), 3, "CHANGED", id="record-changed"),
        pytest.param(lambda rows: edit(rows, 1, new_values=b'{"outlet_id":"4"}'), 1, "CHANGED", id="value-changed"),
        pytest.param(lambda rows: edit(rows, 5, user_id=None), 5, "CHANGED", id="author-removed"),
        pytest.param(lambda rows: edit(rows, 2, hash=bytes(32)), 2, "CHANGED", id="hash-changed"),
        pytest.param(lambda rows: [*rows[:2], *rows[3:]], 3, "DELETED", id="deleted-inside"),
        pytest.param(lambda rows: rows[1:], 1, "DELETED", id="deleted-first"),
        pytest.param(lambda rows: rows[:4], 5, "CUT", id="cut-last"),
        pytest.param(lambda rows: [], 1, "CUT", id="cut-all"),
        pytest.param(swap_contents, 2, "CHANGED", id="contents-swapped"),
        pytest.param(swap_places, 2, "UNLINKED", id="places-swapped"),
        pytest.param(insert_twin, 3, "INSERTED", id="inserted-with-a-taken-number"),
        pytest.param(insert_and_renumber, 3, "UNLINKED", id="inserted-and-renumbered"),
        pytest.param(lambda rows: rebuilt([*rows, (900, rows[4][1])]), 6, "INSERTED", id="appended-past-the-head"),
        pytest.param(lambda rows: [*rows[:3], (9, rows[3][1]), rows[4]], 4, "OUT_OF_ORDER", id="id-not-ascending"),
    ],
)
def test_a_falsified_chain_is_found_at_its_first_row(falsify: Callable[[Rows], Rows], seq: int, reason: str) -> None:
    """I11: whatever was done to the rows, the proof names the first place that does not hold."""
    truth = chain_of(5)
    assert check(falsify(truth), truth=truth, heads={}) == Broken(3, seq, reason)


def test_a_chain_rewritten_whole_is_found_by_its_published_head() -> None:
    """Whoever can recompute every hash is only found from outside, by a head given away before (R72)."""
    truth = chain_of(5)
    forged = rebuilt(edit(truth, 2, record_id=666))
    published = {4: truth[3][1].hash}
    assert check(forged, truth=forged, heads={}) is None
    assert check(forged, truth=forged, heads=published) == Broken(3, 4, "REWRITTEN")


def test_a_chain_cut_with_its_own_head_is_found_by_its_published_head() -> None:
    """Cutting the tail and setting the head back fits together; the published head says there was more (I11)."""
    truth = chain_of(5)
    assert check(truth[:3], truth=truth[:3], heads={5: truth[4][1].hash}) == Broken(3, 4, "CUT")


def test_true_chains_hold() -> None:
    """A check that cries at truth is switched off by the people it wakes."""
    truth = chain_of(5)
    assert check(truth, truth=truth, heads={2: truth[1][1].hash, 5: truth[4][1].hash}) is None
    assert verify_chain(3, [], current=None, heads={}) is None
