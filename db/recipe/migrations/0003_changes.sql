-- Back-office tables of the recipe service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_recipe.raw_materials
    FOR EACH ROW EXECUTE FUNCTION coralserve_recipe.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_recipe.raw_materials
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_recipe.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_recipe.recipes
    FOR EACH ROW EXECUTE FUNCTION coralserve_recipe.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_recipe.recipes
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_recipe.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_recipe.recipe_versions
    FOR EACH ROW EXECUTE FUNCTION coralserve_recipe.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_recipe.recipe_versions
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_recipe.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_recipe.recipe_ingredients
    FOR EACH ROW EXECUTE FUNCTION coralserve_recipe.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_recipe.recipe_ingredients
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_recipe.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_recipe.recipe_instructions
    FOR EACH ROW EXECUTE FUNCTION coralserve_recipe.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_recipe.recipe_instructions
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_recipe.refuse_truncate();
