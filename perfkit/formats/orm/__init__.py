"""Statements that object mappers and database drivers log inside the application."""
