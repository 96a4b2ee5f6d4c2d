"""Tests, in folders that mirror the packages; a package of its own, so that names cannot clash with them."""
