"""What people define about taxes: rules, mappings, rounding policies, periods. Computes no tax."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from schemas.kinds import (
    Also,
    Code,
    Country,
    Id,
    Instant,
    Line,
    ListPrice,
    LocalDate,
    Name,
    Prose,
    Rate,
    Region,
    UserId,
    Whole,
)

RuleStatus = Literal["ACTIVE", "INACTIVE", "EXPIRED"]
Stacking = Literal["ADD", "REPLACE"]
AppliesTo = Literal["ALL", "MAPPED"]
Scope = Literal["LINE", "DOCUMENT"]
Grouping = Literal["RULE", "AGGREGATE"]
Mode = Literal["HALF_UP", "HALF_EVEN", "UP", "DOWN"]


class TaxRuleUpserted(Struct, frozen=True, gc=False):
    """A rule, with every column of `tax_rules` (R50). `rate` is a fraction: 0.09975. Dates are inclusive."""

    tax_rule_id: Annotated[Id, Also(("id",))]
    country_code: Country
    tax_type: Code
    rate: Rate
    effective_date: LocalDate
    state_code: Region | None = None
    county_code: Region | None = None
    city_code: Region | None = None
    tax_name: Name | None = None
    expiry_date: LocalDate | None = None
    is_compound: bool = False
    is_exempt: bool = False
    description: Prose | None = None
    status: RuleStatus = "ACTIVE"
    sequence: Whole | None = None
    stacking: Stacking = "ADD"
    applies_to: AppliesTo = "ALL"
    unit_price_threshold: ListPrice | None = None
    dining_option: Code | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class ProductTaxMapped(Struct, frozen=True, gc=False):
    """A product is mapped to a rule, or exempted from it, within inclusive dates (R50, R51)."""

    mapping_id: Annotated[Id, Also(("id",))]
    product_id: Id
    tax_rule_id: Id
    effective_date: LocalDate | None = None
    is_exempt: bool = False
    exemption_reason: Line | None = None
    expiry_date: LocalDate | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class TaxPolicySet(Struct, frozen=True, gc=False):
    """How a jurisdiction rounds, from `effective_date` on (R54); None = from the beginning."""

    country_code: Annotated[Country, Also(("country",))]
    state_code: Annotated[Region, Also(("state",))] | None = None
    county_code: Annotated[Region, Also(("county",))] | None = None
    city_code: Annotated[Region, Also(("city",))] | None = None
    scope: Scope = "DOCUMENT"
    grouping: Grouping = "RULE"
    mode: Mode = "HALF_UP"
    effective_date: LocalDate | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class TaxPeriodClosed(Struct, frozen=True, gc=False):
    """The jurisdiction's inclusive period takes no more rows (R58)."""

    country_code: Annotated[Country, Also(("country",))]
    start_date: Annotated[LocalDate, Also(("period_start",))]
    end_date: Annotated[LocalDate, Also(("period_end",))]
    state_code: Annotated[Region, Also(("state",))] | None = None
    county_code: Annotated[Region, Also(("county",))] | None = None
    city_code: Annotated[Region, Also(("city",))] | None = None
    reason: Line | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class TaxPeriodReopened(TaxPeriodClosed, frozen=True, gc=False):
    """The same period takes rows again."""
