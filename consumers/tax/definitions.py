"""What people define, from the event to the entry of the book (R50, R51, R54, R58). Events were checked before."""

from __future__ import annotations

from consumers.tax.rules.model import Mapping, Period, Policy, Rule
from schemas.tax import ProductTaxMapped, TaxPeriodClosed, TaxPeriodReopened, TaxPolicySet, TaxRuleUpserted


def rule_of(data: TaxRuleUpserted) -> Rule:
    """The rule an upsert defines; its name is its type's where it has none."""
    return Rule(
        id=data.tax_rule_id, country_code=data.country_code, state_code=data.state_code, county_code=data.county_code,
        city_code=data.city_code, tax_type=data.tax_type, tax_name=data.tax_name or data.tax_type, rate=data.rate,
        effective_date=data.effective_date, expiry_date=data.expiry_date, is_compound=data.is_compound,
        is_exempt=data.is_exempt, description=data.description, status=data.status, sequence=data.sequence,
        stacking=data.stacking, applies_to=data.applies_to, unit_price_threshold=data.unit_price_threshold,
        dining_option=data.dining_option,
    )  # fmt: skip


def mapping_of(data: ProductTaxMapped) -> Mapping:
    """The mapping an event defines."""
    return Mapping(
        id=data.mapping_id, product_id=data.product_id, tax_rule_id=data.tax_rule_id, is_exempt=data.is_exempt,
        exemption_reason=data.exemption_reason, effective_date=data.effective_date, expiry_date=data.expiry_date,
    )  # fmt: skip


def policy_of(data: TaxPolicySet) -> Policy:
    """The policy an event sets."""
    return Policy(
        country_code=data.country_code, state_code=data.state_code, county_code=data.county_code,
        city_code=data.city_code, scope=data.scope, grouping=data.grouping, mode=data.mode,
        effective_date=data.effective_date,
    )  # fmt: skip


def period_of(data: TaxPeriodClosed) -> Period:
    """The period an event closes or opens again."""
    return Period(
        country_code=data.country_code, state_code=data.state_code, county_code=data.county_code,
        city_code=data.city_code, start_date=data.start_date, end_date=data.end_date,
        is_closed=not isinstance(data, TaxPeriodReopened),
    )  # fmt: skip
