"""The AsyncAPI 3.0 document: channels are topics, messages are types. Written from the tables, never by hand."""

from __future__ import annotations

from typing import Any

from schemas.models import BY_TYPE, Model
from schemas.topics import ANY, ENTITY, TOPICS, Topic

_KEYS = {
    ENTITY: "The entity, as `product:42`, `outlet:3`, `user:17`.",
    ANY: "The outlet's id as decimal text, or what the event is about.",
}
_OUTLET_KEY = "The outlet's id as decimal text; events without an outlet any key, as `supplier:5`."
_TEXT = {"type": "string"}


def document() -> dict[str, Any]:
    """The whole document."""
    topics = [topic for topic in TOPICS if any(kind in BY_TYPE for kind in topic.types)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CoralServe",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 on Kafka, binary mode preferred, structured mode accepted.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {_operation_name(topic): _operation(topic) for topic in topics},
        "components": {
            "messages": {kind: _message(BY_TYPE[kind], topic) for topic in topics for kind in _types(topic)},
            "schemas": {"envelope": _envelope()},
        },
    }


def _types(topic: Topic) -> list[str]:
    return [kind for kind in topic.types if kind in BY_TYPE]


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in _types(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.compacted else "delete"],
                    "retention.ms": topic.retention_ms,
                },
            }
        },
    }


def _incoming(topic: Topic) -> bool:
    return not topic.name.startswith("coralserve.")


def _operation_name(topic: Topic) -> str:
    return f"{'receive' if _incoming(topic) else 'send'}.{topic.name}"


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "receive" if _incoming(topic) else "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{kind}"} for kind in _types(topic)],
    }


def _message(model: Model, topic: Topic) -> dict[str, Any]:
    key = _KEYS.get(topic.key, _OUTLET_KEY)
    return {
        "name": model.type,
        "title": model.type,
        "summary": " ".join((model.model.__doc__ or "").split()),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/envelope"},
        "payload": {"$ref": f"./{model.type}/{model.version}.json"},
        "bindings": {"kafka": {"key": {**_TEXT, "description": key}}},
    }


def _envelope() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["ce_id", "ce_type"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {**_TEXT, "pattern": "^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$"},
            "ce_source": {**_TEXT, "maxLength": 512},
            "ce_type": _TEXT,
            "ce_time": {**_TEXT, "format": "date-time"},
            "ce_dataschema": {**_TEXT, "description": "Ends in `<type>/<version>`; absent: version 1."},
            "traceparent": {**_TEXT, "description": "W3C trace context, carried through."},
        },
    }
