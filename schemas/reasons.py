"""Why an event cannot go on: the one list of reason codes. A code is stable; its wording here explains it to people."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of Reject and Wait. The comment beside each is what an operator may read."""

    # The document
    MALFORMED_JSON = "MALFORMED_JSON"  # not one well-formed JSON document in UTF-8
    DUPLICATE_KEY = "DUPLICATE_KEY"  # one member named twice, or under two of its names
    NOT_AN_OBJECT = "NOT_AN_OBJECT"  # the data is an array, a text, a number or null
    TOO_LARGE = "TOO_LARGE"  # over 1 MB
    TOO_DEEP = "TOO_DEEP"  # nested more than 32 levels
    MISSING_FIELD = "MISSING_FIELD"  # a required member is absent or null
    WRONG_TYPE = "WRONG_TYPE"  # a number where a text belongs, a boolean where a number belongs …
    BAD_TEXT = "BAD_TEXT"  # control, bidi or invisible characters, blank, too long, not a value of the list
    CARD_NUMBER = "CARD_NUMBER"  # a payment card number has no place in an event
    BAD_NUMBER = "BAD_NUMBER"  # not a plain decimal number
    TOO_MANY_DECIMALS = "TOO_MANY_DECIMALS"  # more decimals than the currency or the column has
    OUT_OF_RANGE = "OUT_OF_RANGE"  # beyond the limits of the member
    BAD_INSTANT = "BAD_INSTANT"  # not an RFC 3339 instant with offset, or not a date
    IN_THE_FUTURE = "IN_THE_FUTURE"  # more than 5 minutes after the broker received it
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"  # not a currency of ISO 4217
    UNKNOWN_COUNTRY = "UNKNOWN_COUNTRY"  # not a country of ISO 3166-1
    UNKNOWN_ZONE = "UNKNOWN_ZONE"  # not a time zone of the IANA database
    ONE_ITEM_ONLY = "ONE_ITEM_ONLY"  # exactly one of product_id and material_id (or sub_recipe_id) is needed
    SAME_OUTLET = "SAME_OUTLET"  # a transfer needs two outlets
    RESERVED_BATCH = "RESERVED_BATCH"  # SHORTFALL and COUNT are batch numbers of the system's own
    # Lines and totals
    QUANTITY_NOT_POSITIVE = "QUANTITY_NOT_POSITIVE"  # a quantity must be above 0
    NEGATIVE_PRICE = "NEGATIVE_PRICE"  # a price or cost must not be below 0
    DISCOUNT_OUT_OF_RANGE = "DISCOUNT_OUT_OF_RANGE"  # 0 ≤ discount ≤ quantity × unit_price
    LINE_TOTAL_MISMATCH = "LINE_TOTAL_MISMATCH"  # total is not quantity × unit_price − discount
    TOTAL_MISMATCH = "TOTAL_MISMATCH"  # the lines do not add up to the total
    PAYMENT_MISMATCH = "PAYMENT_MISMATCH"  # the payments do not add up to gross + tip + rounding
    DUPLICATE_LINE = "DUPLICATE_LINE"  # one line id twice
    NO_LINES = "NO_LINES"  # nothing on it
    TOO_MANY_LINES = "TOO_MANY_LINES"  # over 500
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"  # not the outlet's currency
    # The envelope
    MISSING_ID = "MISSING_ID"  # the event has no id
    MALFORMED_ID = "MALFORMED_ID"  # 1 to 128 of A-Z a-z 0-9 . _ : ~ -, and not the nil UUID
    MISSING_TYPE = "MISSING_TYPE"  # the event has no type
    CONTRADICTORY_TYPE = "CONTRADICTORY_TYPE"  # headers, body or dataschema name different types
    UNKNOWN_TYPE = "UNKNOWN_TYPE"  # no type of this system: ignored by workers, refused at the door
    WRONG_TOPIC = "WRONG_TOPIC"  # a type this topic does not carry
    TOMBSTONE = "TOMBSTONE"  # no value: nothing is deleted that way
    MISSING_KEY = "MISSING_KEY"  # the record has no key
    KEY_MISMATCH = "KEY_MISMATCH"  # the record's key is not its outlet or entity
    BAD_HEADER = "BAD_HEADER"  # a header twice, without value or not text; an attribute that is not valid
    UNSUPPORTED_VERSION = "UNSUPPORTED_VERSION"  # a newer version of the type: waits for an upgrade
    # What came before
    CONFLICT = "CONFLICT"  # the same id or natural key with other content
    UNKNOWN_OUTLET = "UNKNOWN_OUTLET"  # waits for the outlet
    UNKNOWN_PRODUCT = "UNKNOWN_PRODUCT"  # waits for the product
    UNKNOWN_USER = "UNKNOWN_USER"  # waits for the user
    UNKNOWN_MATERIAL = "UNKNOWN_MATERIAL"  # waits for the material
    UNKNOWN_RECIPE = "UNKNOWN_RECIPE"  # waits for the recipe
    UNKNOWN_SUPPLIER = "UNKNOWN_SUPPLIER"  # waits for the supplier
    UNKNOWN_ORDER = "UNKNOWN_ORDER"  # waits for the purchase order
    UNKNOWN_RULE = "UNKNOWN_RULE"  # waits for the tax rule
    UNKNOWN_SALE = "UNKNOWN_SALE"  # waits for the sale
    UNKNOWN_LINE = "UNKNOWN_LINE"  # the sale or order has no such line
    NOT_YET_SUPPORTED = "NOT_YET_SUPPORTED"  # waits for a worker that can do this
    BLOCKED = "BLOCKED"  # waits behind an earlier event of the same transaction or entity
    OVER_REFUND = "OVER_REFUND"  # more than is left of the line
    ALREADY_VOID = "ALREADY_VOID"  # the sale was voided before
    ORPHAN_REFUND = "ORPHAN_REFUND"  # its sale did not come within 72 hours
    WRONG_OUTLET = "WRONG_OUTLET"  # the sale is another outlet's
    REFUND_OF_REFUND = "REFUND_OF_REFUND"  # only sales can be refunded
    UNIT_IN_USE = "UNIT_IN_USE"  # stock or recipes refer to the material's unit
    NO_UNIT_PATH = "NO_UNIT_PATH"  # no way from one unit to the other
    CYCLIC_RECIPE = "CYCLIC_RECIPE"  # a recipe must not contain itself
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"  # a transfer beyond what is there
    INVALID_ORDER_STATE = "INVALID_ORDER_STATE"  # the order's state does not allow it
    OVER_RECEIPT = "OVER_RECEIPT"  # more than was ordered on the line
    CLOSED_PERIOD = "CLOSED_PERIOD"  # the tax period is closed: a person decides
    DATABASE_REFUSED = "DATABASE_REFUSED"  # the database's own constraints refused the row
