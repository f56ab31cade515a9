-- What a material costs at an outlet by inventory's moving average (R34): a copy of `material.cost-changed`, not audited. Frozen: a change is a new revision.

CREATE TABLE coralserve_recipe.material_costs (
    outlet_id BIGINT NOT NULL,
    material_id BIGINT NOT NULL,
    unit_cost NUMERIC(18, 6) NOT NULL,
    CONSTRAINT material_costs_pkey PRIMARY KEY (outlet_id, material_id),
    CONSTRAINT fk_cost_material FOREIGN KEY(material_id) REFERENCES coralserve_recipe.raw_materials (id)
);
