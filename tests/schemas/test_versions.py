"""Older versions are upcast, newer ones wait; the checked-in schemas change compatibly only (CONTRACT §3)."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from schemas import compatibility, envelope, generate
from schemas.decode import decode
from schemas.errors import Reject, Wait
from schemas.models import BY_TYPE, MODELS
from schemas.topics import BY_TYPE as TOPIC_OF
from tests.schemas.events import BROKER_MS, headers, least, sale

COMPLETED = "pos.sale.completed"


def from_version_1(data: dict[str, Any]) -> dict[str, Any]:
    """In version 1 of this made-up history prices were `price`."""
    lines = [
        {("unit_price" if name == "price" else name): value for name, value in line.items()} for line in data["lines"]
    ]
    return {**data, "lines": lines}


@pytest.fixture
def _at_version_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(envelope.BY_TYPE, COMPLETED, msgspec.structs.replace(BY_TYPE[COMPLETED], version=2))
    envelope._TYPES.clear()
    envelope._HEADS.clear()
    yield
    envelope._TYPES.clear()
    envelope._HEADS.clear()


def as_version_1() -> dict[str, Any]:
    data = least()
    data["lines"][0]["price"] = data["lines"][0].pop("unit_price")
    return data


@pytest.mark.usefixtures("_at_version_2")
def test_an_older_version_is_upcast() -> None:
    """A replay meets every version ever sent; the content hash is that of the newest form."""
    upcasters = {(COMPLETED, 1): from_version_1}
    old = json.dumps(as_version_1()).encode()
    new = headers(dataschema=f"x/{COMPLETED}/2".encode())
    event = decode("pos.transactions.v1", b"3", old, headers(), BROKER_MS, upcasters=upcasters)
    same = decode("pos.transactions.v1", b"3", json.dumps(least()).encode(), new, BROKER_MS, upcasters=upcasters)
    assert event.content_hash == same.content_hash
    with pytest.raises(Wait):
        decode("pos.transactions.v1", b"3", old, headers(dataschema=f"x/{COMPLETED}/3".encode()), BROKER_MS)


@pytest.mark.usefixtures("_at_version_2")
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(json.dumps(as_version_1()).encode(), "BAD_HEADER", id="no upcaster"),
        pytest.param(b"[1]", "NOT_AN_OBJECT", id="not an object"),
        pytest.param(b'{"a":1,"a":2}', "DUPLICATE_KEY", id="unsound"),
    ],
)
def test_an_old_event_that_cannot_be_brought_up_is_refused(raw: bytes, reason: str) -> None:
    """Upcasters see sound objects only."""
    with pytest.raises(Reject, match=reason):
        decode("pos.transactions.v1", b"3", raw, headers(), BROKER_MS)


def test_the_generated_files_are_checked_in() -> None:
    """Subscribers build on them: `python -m schemas.generate` after any change of a model."""
    found = {str(path.relative_to(generate.FOLDER)): path.read_text() for path in generate.FOLDER.rglob("*.json")}
    assert found == generate.files()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.type)
def test_every_schema_is_valid_and_still_accepts_what_it_did(model: Any) -> None:
    """Within a version only optional members may come."""
    checked_in = json.loads((generate.FOLDER / model.type / f"{model.version}.json").read_text())
    Draft202012Validator.check_schema(checked_in)
    new = json.loads(generate.files()[f"{model.type}/{model.version}.json"])
    assert list(compatibility.breaking(checked_in, new)) == []


def _sale_schema() -> dict[str, Any]:
    return json.loads((generate.FOLDER / COMPLETED / "1.json").read_text())


@pytest.mark.parametrize(
    ("change", "breaks"),
    [
        pytest.param(
            lambda s: s["properties"].update(channel={"type": ["string", "null"]}), False, id="optional member"
        ),
        pytest.param(lambda s: s["properties"]["register"].update(maxLength=80), False, id="longer text"),
        pytest.param(lambda s: s.update(description="other words"), False, id="words"),
        pytest.param(lambda s: s["required"].append("register"), True, id="member required"),
        pytest.param(lambda s: s["properties"].pop("register"), True, id="member gone"),
        pytest.param(lambda s: s["properties"]["version"].update(type="string"), True, id="another type"),
        pytest.param(lambda s: s["properties"]["register"].update(maxLength=20), True, id="shorter text"),
        pytest.param(lambda s: s["properties"]["outlet_id"].update(minimum=2), True, id="higher minimum"),
        pytest.param(lambda s: s["properties"]["lines"]["items"]["properties"].pop("discount"), True, id="inner gone"),
        pytest.param(lambda s: s["properties"]["currency"].update(pattern="^[A-Z]{2}$"), True, id="another pattern"),
    ],
)
def test_what_a_compatible_change_is(change: Any, breaks: bool) -> None:
    """The comparison itself must catch what breaks subscribers."""
    old = _sale_schema()
    new = deepcopy(old)
    change(new)
    assert bool(list(compatibility.breaking(old, new))) is breaks


@pytest.mark.parametrize("data", [sale(), least()], ids=["example", "least"])
def test_the_schema_accepts_what_the_decoder_accepts(data: dict[str, Any]) -> None:
    """A schema nobody's events satisfy is worse than none."""
    Draft202012Validator(_sale_schema()).validate(data)


@pytest.mark.parametrize(
    "data",
    [
        sale(outlet_id="3"),
        sale(lines__0__quantity=1.5),
        sale(lines__0__unit_price="-1"),
        sale(lines__0__unit_price="1e3"),
    ],
    ids=["text id", "float quantity", "negative price", "exponent"],
)
def test_the_schema_refuses_what_it_can(data: dict[str, Any]) -> None:
    """Producers find their mistakes before sending."""
    assert not Draft202012Validator(_sale_schema()).is_valid(data)


def test_asyncapi_names_every_type_once_and_every_reference_exists() -> None:
    """The document is navigated by its references."""
    document = json.loads(generate.files()["asyncapi.json"])
    assert set(document["components"]["messages"]) == set(BY_TYPE)
    for kind, message in document["components"]["messages"].items():
        assert (generate.FOLDER / message["payload"]["$ref"]).exists()
        assert kind in document["channels"][TOPIC_OF[kind].name]["messages"]
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].split("/", 2)[2] in document["channels"]
