-- The recipe service's tables, as db/recipe/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_recipe.raw_materials (
    id BIGSERIAL NOT NULL,
    name VARCHAR(200) NOT NULL,
    sku VARCHAR(50),
    description TEXT,
    unit_of_measure VARCHAR(20) NOT NULL,
    cost_per_unit NUMERIC(18, 6),
    supplier_id BIGINT,
    min_stock_level NUMERIC(18, 6) DEFAULT 0,
    max_stock_level NUMERIC(18, 6),
    expiry_days INTEGER,
    storage_conditions VARCHAR(200),
    category VARCHAR(100),
    status VARCHAR(20) DEFAULT 'ACTIVE',
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    density NUMERIC(18, 6),
    packs JSONB,
    CONSTRAINT raw_materials_pkey PRIMARY KEY (id),
    CONSTRAINT raw_materials_sku_key UNIQUE (sku),
    CONSTRAINT raw_materials_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'DISCONTINUED')),
    CONSTRAINT raw_materials_density_check CHECK (density > 0)
);
CREATE INDEX idx_raw_materials_category ON coralserve_recipe.raw_materials (category);
CREATE INDEX idx_raw_materials_sku ON coralserve_recipe.raw_materials (sku);
CREATE INDEX idx_raw_materials_status ON coralserve_recipe.raw_materials (status);

CREATE TABLE coralserve_recipe.recipes (
    id BIGSERIAL NOT NULL,
    name VARCHAR(200) NOT NULL,
    product_id BIGINT NOT NULL,
    description TEXT,
    yield_quantity NUMERIC(18, 6) NOT NULL,
    yield_unit VARCHAR(20) NOT NULL,
    preparation_time INTEGER,
    cooking_time INTEGER,
    difficulty_level VARCHAR(20),
    status VARCHAR(20) DEFAULT 'ACTIVE',
    created_by BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    serving_quantity NUMERIC(18, 6) DEFAULT 1 NOT NULL,
    CONSTRAINT recipes_pkey PRIMARY KEY (id),
    CONSTRAINT recipes_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'DRAFT')),
    CONSTRAINT recipes_difficulty_level_check CHECK (difficulty_level IN ('EASY', 'MEDIUM', 'HARD'))
);
CREATE INDEX idx_recipes_product ON coralserve_recipe.recipes (product_id);
CREATE INDEX idx_recipes_status ON coralserve_recipe.recipes (status);

CREATE TABLE coralserve_recipe.material_consumption (
    id BIGSERIAL NOT NULL,
    recipe_id BIGINT NOT NULL,
    transaction_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    consumption_date DATE NOT NULL,
    quantity_consumed NUMERIC(18, 6) NOT NULL,
    unit_cost NUMERIC(18, 6),
    total_cost NUMERIC(19, 4),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    material_id BIGINT,
    unit VARCHAR(20),
    recipe_version BIGINT,
    quantity_per_unit NUMERIC(36, 18),
    event_id TEXT,
    line_id INTEGER,
    business_date DATE,
    adjusts_id BIGINT,
    CONSTRAINT material_consumption_pkey PRIMARY KEY (id),
    CONSTRAINT fk_consumption_adjusts FOREIGN KEY(adjusts_id) REFERENCES coralserve_recipe.material_consumption (id),
    CONSTRAINT fk_consumption_recipe FOREIGN KEY(recipe_id) REFERENCES coralserve_recipe.recipes (id),
    CONSTRAINT fk_consumption_material FOREIGN KEY(material_id) REFERENCES coralserve_recipe.raw_materials (id)
);
CREATE INDEX idx_material_consumption_date ON coralserve_recipe.material_consumption (consumption_date);
CREATE INDEX idx_material_consumption_recipe ON coralserve_recipe.material_consumption (recipe_id);
CREATE INDEX idx_material_consumption_transaction ON coralserve_recipe.material_consumption (transaction_id);
CREATE UNIQUE INDEX uq_material_consumption_once ON coralserve_recipe.material_consumption (event_id, line_id, recipe_id, material_id) NULLS NOT DISTINCT WHERE event_id IS NOT NULL;

CREATE TABLE coralserve_recipe.recipe_versions (
    id BIGSERIAL NOT NULL,
    recipe_id BIGINT NOT NULL,
    effective_from TIMESTAMP WITH TIME ZONE NOT NULL,
    effective_to TIMESTAMP WITH TIME ZONE,
    yield_quantity NUMERIC(18, 6) NOT NULL,
    yield_unit VARCHAR(20) NOT NULL,
    serving_quantity NUMERIC(18, 6) DEFAULT 1 NOT NULL,
    event_id TEXT,
    created_by BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT recipe_versions_pkey PRIMARY KEY (id),
    CONSTRAINT recipe_versions_yield_quantity_check CHECK (yield_quantity > 0),
    CONSTRAINT fk_version_recipe FOREIGN KEY(recipe_id) REFERENCES coralserve_recipe.recipes (id),
    CONSTRAINT recipe_versions_period_check CHECK (effective_to IS NULL OR effective_to >= effective_from)
);
CREATE INDEX idx_recipe_versions_recipe ON coralserve_recipe.recipe_versions (recipe_id, effective_from);

CREATE TABLE coralserve_recipe.recipe_ingredients (
    id BIGSERIAL NOT NULL,
    recipe_id BIGINT NOT NULL,
    material_id BIGINT,
    quantity NUMERIC(18, 6) NOT NULL,
    unit VARCHAR(20) NOT NULL,
    preparation_notes TEXT,
    is_optional BOOLEAN DEFAULT false,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    recipe_version_id BIGINT,
    sub_recipe_id BIGINT,
    usable_yield NUMERIC(18, 6) DEFAULT 1 NOT NULL,
    attrition NUMERIC(18, 6) DEFAULT 0 NOT NULL,
    CONSTRAINT recipe_ingredients_pkey PRIMARY KEY (id),
    CONSTRAINT recipe_ingredients_one_item_check CHECK (num_nonnulls(material_id, sub_recipe_id) = 1),
    CONSTRAINT fk_ingredient_material FOREIGN KEY(material_id) REFERENCES coralserve_recipe.raw_materials (id),
    CONSTRAINT recipe_ingredients_attrition_check CHECK (attrition >= 0 AND attrition < 1),
    CONSTRAINT fk_ingredient_sub_recipe FOREIGN KEY(sub_recipe_id) REFERENCES coralserve_recipe.recipes (id),
    CONSTRAINT fk_ingredient_recipe FOREIGN KEY(recipe_id) REFERENCES coralserve_recipe.recipes (id),
    CONSTRAINT recipe_ingredients_usable_yield_check CHECK (usable_yield > 0),
    CONSTRAINT fk_ingredient_version FOREIGN KEY(recipe_version_id) REFERENCES coralserve_recipe.recipe_versions (id)
);
CREATE INDEX idx_recipe_ingredients_material ON coralserve_recipe.recipe_ingredients (material_id);
CREATE INDEX idx_recipe_ingredients_recipe ON coralserve_recipe.recipe_ingredients (recipe_id);
CREATE INDEX idx_recipe_ingredients_version ON coralserve_recipe.recipe_ingredients (recipe_version_id);

CREATE TABLE coralserve_recipe.recipe_instructions (
    id BIGSERIAL NOT NULL,
    recipe_id BIGINT NOT NULL,
    step_number INTEGER NOT NULL,
    instruction TEXT NOT NULL,
    time_required INTEGER,
    temperature NUMERIC(5, 2),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    recipe_version_id BIGINT,
    CONSTRAINT recipe_instructions_pkey PRIMARY KEY (id),
    CONSTRAINT fk_instruction_recipe FOREIGN KEY(recipe_id) REFERENCES coralserve_recipe.recipes (id),
    CONSTRAINT fk_instruction_version FOREIGN KEY(recipe_version_id) REFERENCES coralserve_recipe.recipe_versions (id)
);
CREATE INDEX idx_recipe_instructions_recipe ON coralserve_recipe.recipe_instructions (recipe_id);
CREATE INDEX idx_recipe_instructions_version ON coralserve_recipe.recipe_instructions (recipe_version_id);
