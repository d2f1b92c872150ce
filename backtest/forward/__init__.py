"""A forward test: a run carried on into the future, its journal, its promise and its account."""
