"""The reading site: lessons, glossary, results in both languages, from what the repository holds."""
