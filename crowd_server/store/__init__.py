"""The database: engine, schema, tables, backup."""
