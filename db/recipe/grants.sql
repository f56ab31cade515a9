-- What the recipe worker may do with its tables. Consumption is only ever added; a version defined again replaces its ingredients and instructions (R35).
GRANT SELECT, INSERT, UPDATE ON coralserve_recipe.raw_materials, coralserve_recipe.recipes,
    coralserve_recipe.recipe_versions TO coralserve_recipe;
GRANT SELECT, INSERT, UPDATE, DELETE ON coralserve_recipe.recipe_ingredients, coralserve_recipe.recipe_instructions
    TO coralserve_recipe;
GRANT SELECT, INSERT ON coralserve_recipe.material_consumption TO coralserve_recipe;
GRANT SELECT, INSERT, UPDATE ON coralserve_recipe.material_costs TO coralserve_recipe;
