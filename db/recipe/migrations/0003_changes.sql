-- Back-office tables of the recipe service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CALL coralserve_recipe.watch('coralserve_recipe.raw_materials');
CALL coralserve_recipe.watch('coralserve_recipe.recipes');
CALL coralserve_recipe.watch('coralserve_recipe.recipe_versions');
CALL coralserve_recipe.watch('coralserve_recipe.recipe_ingredients');
CALL coralserve_recipe.watch('coralserve_recipe.recipe_instructions');
