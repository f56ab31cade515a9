"""The mesh's own tables, one SQL template applied in every service's schema; `{schema}` is that schema's name."""
