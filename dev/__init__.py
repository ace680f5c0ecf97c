"""Development environment of the project: fetches Odoo, runs PostgreSQL, demo, tests.

Only the Python standard library is used here, because this code runs before any
virtual environment exists. Entry point: ``python3 -m dev --help`` (see ``Makefile``).
"""
