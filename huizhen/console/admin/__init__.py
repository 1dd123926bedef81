"""The back office at /admin: master data for administrators. Tables are reached by name, rules by their actions."""
