"""The lecturer's guide, slides and handouts, made from the lessons."""
