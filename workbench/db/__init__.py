"""Postgres: the tables, the sessions, one module of queries a feature, and the migrations."""
