"""How a recipe's versions follow each other (R35). Takes a recipe and an instant; checks no ingredient."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from consumers.recipe.book import FROM_THE_BEGINNING, Recipe, Version


def start_of(effective_from: datetime | None, former: Recipe | None, *, said_at: datetime) -> datetime:
    """Where a definition starts: where it says; else where the version it replaces does, the one of that instant."""
    if effective_from is not None:
        return effective_from
    return FROM_THE_BEGINNING if former is None else former.version_at(said_at).starts_at


def with_version(former: Recipe | None, version: Version, *, product_id: int, is_active: bool) -> Recipe:
    """The recipe with this version added, or replacing the one of the same start, and the one before it closed (R35).

    The new version runs to the next start; one that is not active serves nobody, so it ends where it starts. A replaced
    version hands its id on.
    """
    others = [] if former is None else [other for other in former.versions if other.starts_at != version.starts_at]
    replaced = [] if former is None else [other for other in former.versions if other.starts_at == version.starts_at]
    later = [other.starts_at for other in others if other.starts_at > version.starts_at]
    ends_at = min(later, default=None) if is_active else version.starts_at
    own = replace(version, id=replaced[0].id if replaced else version.id, ends_at=ends_at)
    versions = sorted([*_closed_before(others, version.starts_at), own], key=lambda other: other.starts_at)
    return Recipe(version.recipe_id, product_id, tuple(versions))


def _closed_before(versions: list[Version], instant: datetime) -> list[Version]:
    """No version that started before the instant reaches past it."""
    return [_ending(version, instant) if version.starts_at < instant else version for version in versions]


def _ending(version: Version, instant: datetime) -> Version:
    if version.ends_at is not None and version.ends_at <= instant:
        return version
    return replace(version, ends_at=instant)


def retired(recipe: Recipe, instant: datetime) -> Recipe:
    """The recipe serving nobody from the instant on. Recipes that use it as a part keep its last version."""
    versions = (_ending(version, max(instant, version.starts_at)) for version in recipe.versions)
    return replace(recipe, versions=tuple(versions))
